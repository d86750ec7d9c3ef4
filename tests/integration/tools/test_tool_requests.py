"""What a request writes down, what may not run, duplicates, cancelling, sweeping, events."""

import datetime
import json
import threading
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.models import Call
from tests.factories.tools import assign, endpoint_configuration, make_tool, origin
from tools_library.engine.engine import failed
from tools_library.models import Tool, ToolExecution
from tools_library.services import catalog, execution, limits, performing, queues, sweeping
from tools_library.services.counting import with_counts
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.foundation.events import transport
from voiceassist.foundation.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """Jobs are counted, not run."""
    names = []
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: names.append(args))
    return names


@pytest.fixture(autouse=True)
def replies(monkeypatch):
    """Outcomes that were sent to waiting processes."""
    sent = []
    monkeypatch.setattr(
        "tools_library.services.reporting.reply", lambda channel, m: sent.append((channel, m))
    )
    monkeypatch.setattr(transport, "send", lambda *args: None)
    return sent


@pytest.fixture
def tool(organization):
    return make_tool(organization)


def test_a_request_is_one_queued_row_one_job_one_event(organization, tool, handed_over):
    entry = catalog.for_tool(tool)
    with CaptureQueriesContext(connection) as queries:
        row = execution.request(
            entry, {"order_id": "7"}, origin(organization), tool_call_id="c1", at_ms=1234
        )
    row.refresh_from_db()
    assert (row.status, row.input_parameters, row.at_ms) == ("queued", {"order_id": "7"}, 1234)
    assert (row.tool_version, row.definition.version) == ("1.0.0", "1.0.0")
    assert handed_over == [("tools.perform", str(row.execution_id))]
    # The transaction's begin and end, what stood before, the review; row and event are one.
    assert len(queries) == 5, [each["sql"][:80] for each in queries]
    event = Event.objects.get(topic="executions")
    assert event.type == "execution.updated"
    assert set(event.data) == {
        "execution_id", "tool_id", "tool_name", "assistant_id", "call_id", "status",
        "trigger_context", "started_at", "completed_at", "duration_ms", "error_code", "message",
    }  # fmt: skip


def test_the_same_tool_call_of_the_same_source_runs_once(organization, tool, handed_over):
    source = origin(organization, source_kind="call", source_id="5")
    first = execution.request(tool, {"order_id": "7"}, source, tool_call_id="c1")
    again = execution.request(tool, '{"order_id": "8"}', source, tool_call_id="c1")
    other = execution.request(
        tool, {"order_id": "7"}, origin(organization, source_kind="call", source_id="6"),
        tool_call_id="c1",
    )  # fmt: skip
    nameless = [execution.request(tool, {"order_id": "7"}, source) for _ in range(2)]
    assert again.pk == first.pk and again.input_parameters == {"order_id": "7"}
    assert len({first.pk, other.pk, *[row.pk for row in nameless]}) == 4
    assert len(handed_over) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [("{", "invalid_arguments", "not valid JSON"), ("[1]", "invalid_arguments", "object")],
)
def test_unreadable_arguments_end_at_once_with_advice(
    organization, tool, handed_over, arguments, code, part
):
    row = execution.request(tool, arguments, origin(organization))
    assert (row.status, row.error_code) == ("error", code)
    assert part in row.message and row.output_result["success"] is False
    assert row.completed_at is not None and not handed_over


def test_an_unknown_tool_is_a_row_with_a_sentence_for_the_model(organization, handed_over):
    row = execution.request("order_pizza\x00" + "x" * 200, "{}", origin(organization))
    row.refresh_from_db()
    assert (row.status, row.error_code, row.tool_id) == ("error", "unknown_tool", None)
    assert "order_pizza" in row.message and len(row.tool_name) == 100


def test_contexts_decide_where_a_tool_runs(organization, handed_over):
    tool = make_tool(organization, allowed_contexts=["chat"])
    call = execution.request(tool, {"order_id": "7"}, origin(organization, trigger="call"))
    assert (call.status, call.error_code) == ("error", "not_allowed")
    for trigger in ("chat", "test"):
        row = execution.request(tool, {"order_id": "7"}, origin(organization, trigger=trigger))
        assert row.status == "queued"


@pytest.mark.parametrize("how", ["archived", "off", "removed"])
def test_a_tool_taken_away_before_its_run_does_not_run(organization, tool, how, tool_server):
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    if how == "archived":
        archive_tool(tool)
    elif how == "off":
        save_tool(organization, {"is_active": False}, by=None, tool=tool)
    else:
        tool.delete()
    execution.perform(str(row.execution_id))
    row.refresh_from_db()
    assert row.status == "error"
    assert row.error_code == ("internal" if how == "removed" else "not_allowed")
    assert tool_server.received == []


def test_a_job_delivered_twice_runs_once(organization, tool_server):
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    for _ in range(3):
        execution.perform(str(row.execution_id))
    execution.perform(str(uuid.uuid4()))
    assert len(tool_server.received) == 1
    assert with_counts(Tool.unscoped.all()).get().runs == 1


def test_a_cancelled_run_keeps_its_end(organization, tool_server, replies):
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))
    row = execution.request(tool, {"order_id": "7"}, origin(organization, reply_to="here"))
    assert execution.cancel(row.execution_id) is True
    assert execution.cancel(row.execution_id) is False
    execution.perform(str(row.execution_id))
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("cancelled", "cancelled")
    assert tool_server.received == []


def test_an_outcome_that_comes_after_the_cancel_is_dropped(organization, tool):
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    running = performing.claim(str(row.execution_id))
    execution.cancel(row.execution_id, "The caller hung up.")
    assert execution.finish(running, failed(execution.UnknownTool("late"))) is False
    row.refresh_from_db()
    assert (row.status, row.message) == ("cancelled", "The caller hung up.")


def test_a_refused_call_is_written_down_with_its_code(organization, tool, handed_over):
    row = execution.refuse(
        tool, '{"order_id": "4', origin(organization), code="cancelled", message="Interrupted.",
        tool_call_id="c9",
    )  # fmt: skip
    assert (row.status, row.error_code, row.message) == ("cancelled", "cancelled", "Interrupted.")
    assert execution.refuse(
        tool, {}, origin(organization), code="duplicate", message="Again."
    ).status == "error"  # fmt: skip
    assert not handed_over


def test_the_session_runs_what_runs_in_sessions(organization, assistant, handed_over):
    (end_call,) = catalog.for_assistant(assistant)
    source = origin(organization, trigger="call", source_kind="call", source_id="1")
    row = execution.request(end_call, '{"reason": "done", "x": 1}', source, tool_call_id="c1")
    assert (row.status, row.input_parameters) == ("running", {"reason": "done"})
    assert execution.finish_in_session(row.execution_id, message="The call ends.") is True
    assert execution.finish_in_session(row.execution_id, message="Twice") is False
    row.refresh_from_db()
    assert (row.status, row.message, row.tool_name) == ("success", "The call ends.", "endCall")
    wrong = execution.request(end_call, "{}", source, tool_call_id="c2")
    assert wrong.error_code == "invalid_arguments" and "`reason`" in wrong.message
    assert not handed_over


def test_the_process_that_waits_gets_each_outcome_once(
    organization, tool_server, replies, django_capture_on_commit_callbacks
):
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))
    with django_capture_on_commit_callbacks(execute=True):
        row = execution.request(tool, {"order_id": "7"}, origin(organization, reply_to="here"))
        execution.perform(str(row.execution_id))
    ((channel, message),) = replies
    assert channel == "here"
    assert message["type"] == "execution.outcome"
    assert (message["execution_id"], message["status"]) == (str(row.execution_id), "success")
    assert message["output"] == {
        "success": True, "message": "done", "data": {"success": True, "message": "done"},
    }  # fmt: skip
    json.dumps(message)
    statuses = [event.data["status"] for event in Event.objects.filter(topic="executions")]
    assert statuses == ["queued", "running", "success"]


def test_deadlines_are_the_least_of_tool_configuration_and_context(organization):
    least = limits.timeout_seconds
    assert least("read", None, {}, "api") == 10
    assert least("write", None, {}, "api") == 30
    assert least("write", None, {}, "call") == 10
    assert least("write", 60, {"execution_timeout": 4}, "call") == 4
    assert least("write", 60, {"timeout": 3}, "call") == 3
    assert least("write", 60, {}, "chat") == 60
    assert limits.retry_attempts("read", None) == 2
    assert limits.retry_attempts("read", 0) == 0
    assert limits.retry_attempts("write", 5) == 0


def test_sweeping_hands_over_lost_runs_and_ends_overdue_ones(
    organization, tool, handed_over, monkeypatch
):
    monkeypatch.setattr(sweeping, "QUEUED_SECONDS", 300.0)  # the test itself takes some time
    rows = [execution.request(tool, {"order_id": str(n)}, origin(organization)) for n in range(4)]
    performing.claim(str(rows[2].execution_id))
    now = timezone.now()
    later, ago = (now + datetime.timedelta(seconds=each) for each in (600, -301))
    ToolExecution.unscoped.update(deadline_at=later)
    ToolExecution.unscoped.filter(pk=rows[0].pk).update(queued_at=ago)
    late = now - datetime.timedelta(seconds=60)
    ToolExecution.unscoped.filter(pk__in=[rows[1].pk, rows[2].pk]).update(deadline_at=late)
    handed_over.clear()

    assert sweeping.sweep() == sweeping.Swept(again=1, taken=0, ended=2)

    assert handed_over == [("tools.perform", str(rows[0].execution_id))]
    ended = ToolExecution.unscoped.filter(pk__in=[rows[1].pk, rows[2].pk])
    assert {(row.status, row.error_code) for row in ended} == {("timeout", "timeout")}
    assert sweeping.sweep() == sweeping.Swept(again=0, taken=0, ended=0)


def test_assignments_bring_their_own_configuration(organization, assistant, tool_server):
    configuration = endpoint_configuration(tool_server.url)
    tool = make_tool(organization, configuration=configuration, timeout_seconds=90)
    assign(assistant, tool, custom_configuration={"headers": {"X-Shop": "2"}, "timeout": 40})
    entry = next(each for each in catalog.for_assistant(assistant) if each.tool_id == tool.pk)
    before, forty = timezone.now(), datetime.timedelta(seconds=40)
    row = execution.request(entry, {"order_id": "7"}, origin(organization))
    assert before + forty <= row.deadline_at <= timezone.now() + forty
    execution.perform(str(row.execution_id))
    assert tool_server.received[0]["headers"]["x-shop"] == "2"
    row.refresh_from_db()
    assert row.status == "success"


@pytest.mark.django_db(transaction=True)
def test_two_threads_that_request_the_same_call_get_one_row(organization, tool, handed_over):
    entry, got = catalog.for_tool(tool), []
    source = origin(organization, source_kind="call", source_id="1")
    start = threading.Barrier(4)

    def ask():
        start.wait(60)
        got.append(execution.request(entry, {"order_id": "7"}, source, tool_call_id="c").pk)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 4 and len(set(got)) == 1
    assert len(handed_over) == 1


def test_a_calls_page_hears_of_its_runs_with_all_they_hold(organization, tool, assistant):
    call = Call.unscoped.create(
        organization=organization, direction="inbound", from_number="+12025550123",
        to_number="+12025550100", started_at=timezone.now(),
    )  # fmt: skip
    source = origin(
        organization, trigger="call", call_id=call.pk, source_kind="call", source_id=str(call.pk),
        assistant_id=assistant.pk,
    )  # fmt: skip
    row = execution.request(tool, {"order_id": "7"}, source, tool_call_id="c1", at_ms=900)
    execution.cancel(row.execution_id)
    first, last = Event.objects.filter(topic=f"call:{call.pk}").order_by("id")
    assert (first.type, first.data["status"], last.data["status"]) == (
        "execution.updated", "queued", "cancelled",
    )  # fmt: skip
    assert last.data["input_parameters"] == {"order_id": "7"}
    assert last.data["output_result"]["success"] is False
    assert (last.data["at_ms"], last.data["display_name"], last.data["tool_type"]) == (
        900, "Look up an order", "endpoint",
    )  # fmt: skip
    assert (last.data["call_id"], last.data["assistant_id"]) == (call.pk, assistant.pk)
