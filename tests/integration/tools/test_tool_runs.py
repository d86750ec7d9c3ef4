"""A tool call from request to outcome, in this process's threads and real HTTP."""

import json

import pytest

from tests.factories.tools import endpoint_configuration, make_tool, origin
from tools_library.models import Tool, ToolExecution
from tools_library.services import execution
from tools_library.services.counting import with_counts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture(autouse=True)
def in_process(settings):
    settings.JOBS_RUNNER = "in_process"


def run(tool, arguments, organization, **more):
    return execution.run_and_wait(tool, arguments, origin(organization, **more))


def test_a_call_goes_out_and_its_outcome_comes_back(organization, tool_server):
    tool = make_tool(
        organization,
        configuration=endpoint_configuration(
            f"{tool_server.url}/orders/${{order_id}}",
            request_body_template={"by": "${phone_number}", "parameters": "${parameters}"},
        ),
    )
    tool_server.answer(200, {"success": True, "message": "On its way", "data": {"days": 2}})

    row = run(
        tool,
        {"order_id": "10 42", "made_up": 1},
        organization,
        context={"phone_number": "+12025550123"},
    )

    assert row.status == "success"
    assert row.output_result == {"success": True, "message": "On its way", "data": {"days": 2}}
    assert row.message == "On its way"
    assert row.duration_ms is not None and row.completed_at >= row.started_at
    (sent,) = tool_server.received
    assert sent["path"] == "/orders/10%2042"
    assert json.loads(sent["body"]) == {"by": "+12025550123", "parameters": {"order_id": "10 42"}}
    assert "idempotency-key" not in sent["headers"]
    shown = with_counts(Tool.unscoped.all()).get()
    assert (shown.runs, shown.last_run_at) == (1, row.completed_at)
    assert ToolExecution.unscoped.count() == 1


@pytest.mark.parametrize(
    ("status", "body", "code", "part"),
    [
        (404, {"message": "No such order"}, "bad_status", "404: No such order"),
        (302, b"", "bad_status", "elsewhere"),
        (200, b"<html>", "bad_response", "unreadable"),
        (200, {"success": "perhaps"}, "bad_response", "does not say"),
        (200, b"x" * 1_100_000, "bad_response", "too much"),
    ],
)
def test_each_way_to_fail_has_its_code_and_sentence(
    organization, tool_server, status, body, code, part
):
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))
    tool_server.answer(status, body)
    row = run(tool, {"order_id": "7"}, organization)
    assert (row.status, row.error_code) == ("error", code)
    assert part in row.message and row.output_result == {"success": False, "message": row.message}
    assert row.error_message


def test_reading_is_tried_again_and_changing_is_not(organization, tool_server):
    configuration = endpoint_configuration(tool_server.url)
    reads = make_tool(organization, name="reads", configuration=configuration)
    writes = make_tool(
        organization, name="writes", side_effect="write", retry_attempts=3,
        configuration=configuration,
    )  # fmt: skip
    tool_server.answer(503, {})
    row = run(reads, {"order_id": "7"}, organization)
    assert (row.status, row.retry_count, len(tool_server.received)) == ("success", 1, 2)
    tool_server.answer(503, {})
    row = run(writes, {"order_id": "7"}, organization)
    assert (row.error_code, row.retry_count, len(tool_server.received)) == ("bad_status", 0, 3)
    key = tool_server.received[-1]["headers"]["idempotency-key"]
    assert key == str(row.execution_id)


def test_a_slow_service_ends_at_the_deadline(organization, tool_server):
    tool = make_tool(
        organization,
        timeout_seconds=1,
        configuration=endpoint_configuration(f"{tool_server.url}/slow"),
    )
    tool_server.gate.clear()
    row = run(tool, {"order_id": "7"}, organization)
    assert (row.status, row.error_code) == ("timeout", "timeout")
    assert row.duration_ms < 15_000
    assert row.output_result["success"] is False


def test_what_the_door_refuses_is_refused(organization, tool_server, settings):
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))
    settings.OUTBOUND_ALLOW = []
    row = run(tool, {"order_id": "7"}, organization)
    assert (row.status, row.error_code) == ("error", "refused")
    assert tool_server.received == []
    assert str(tool_server.port) not in row.message and str(tool_server.port) in row.error_message


def test_a_get_sends_its_arguments_as_query(organization, tool_server):
    plain = make_tool(
        organization, name="plain",
        configuration=endpoint_configuration(f"{tool_server.url}/a?fixed=1", method="GET"),
    )  # fmt: skip
    run(plain, {"order_id": "a&b=c"}, organization)
    used = make_tool(
        organization, name="used",
        configuration=endpoint_configuration(f"{tool_server.url}/a/${{order_id}}", method="DELETE"),
    )  # fmt: skip
    run(used, {"order_id": "7/8"}, organization)
    own = make_tool(
        organization, name="own",
        configuration=endpoint_configuration(
            tool_server.url, method="GET", query={"q": "no ${order_id}", "many": ["1", "2"]}
        ),
    )  # fmt: skip
    run(own, {"order_id": "7"}, organization)
    paths = [each["path"] for each in tool_server.received]
    assert paths == ["/a?fixed=1&order_id=a%26b%3Dc", "/a/7%2F8", "/?q=no+7&many=1&many=2"]
    assert all(each["body"] == b"" for each in tool_server.received)


def test_headers_are_filled_and_traces_are_masked(organization, tool_server):
    tool = make_tool(
        organization,
        configuration=endpoint_configuration(
            tool_server.url, headers={"X-Order": "${order_id}", "Authorization": "Bearer s3cret"}
        ),
    )
    row = run(tool, {"order_id": "7"}, organization)
    assert tool_server.received[0]["headers"]["x-order"] == "7"
    assert tool_server.received[0]["headers"]["authorization"] == "Bearer s3cret"
    assert "s3cret" not in json.dumps(row.trace)
    assert row.trace["response"]["status"] == 200
    split = run(tool, {"order_id": "7\r\nX-Evil: 1"}, organization)
    assert split.error_code == "invalid_arguments"
    assert len(tool_server.received) == 1
