"""A tool call from request to outcome, in this process's threads and real HTTP."""

import json

import pytest

from tests.factories.tools import endpoint_configuration, make_tool, origin
from tools_library.models import ToolExecution
from tools_library.services import execution

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
    tool.refresh_from_db()
    assert tool.execution_count == 1 and tool.last_executed_at == row.completed_at
    assert ToolExecution.unscoped.count() == 1
