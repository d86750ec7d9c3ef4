"""Equal calls in one call or conversation: run once, refused, answered alike, or stopped."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.tools import make_tool, origin
from tools_library.engine.engine import answered, failed
from tools_library.engine.errors import (
    ToolAnswerLost,
    ToolResponseError,
    ToolTimeout,
    ToolTransportError,
)
from tools_library.models import ToolExecution
from tools_library.services import execution, performing, queues, reporting, sweeping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

DONE = answered({"success": True, "message": "Booked", "data": {"id": 7}})
DOWN = failed(ToolResponseError("The service is down.", code="bad_status"))
SLOW = failed(ToolTimeout("The tool did not answer in time."))


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """Jobs are counted, not run."""
    jobs = []
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: jobs.append(args[1]))
    return jobs


@pytest.fixture
def replies(monkeypatch):
    """Outcomes that were sent to waiting processes."""
    sent = []
    monkeypatch.setattr(reporting, "reply", lambda channel, message: sent.append(message))
    return sent


def tool_of(organization, side_effect="write", on_duplicate="auto", **more):
    behaviour = {"on_duplicate": on_duplicate, **more}
    return make_tool(organization, side_effect=side_effect, behaviour=behaviour)


def ask(tool, organization, order="7", **more):
    source = {"source_kind": "call", "source_id": "1", "reply_to": "here", **more}
    return execution.request(tool, {"order_id": order}, origin(organization, **source))


def end(row, outcome):
    assert execution.finish(performing.claim(str(row.execution_id)), outcome)


def stored(row):
    return ToolExecution.unscoped.get(pk=row.pk)


def test_a_change_that_is_asked_for_again_gets_the_first_outcome(organization, handed_over):
    tool = tool_of(organization)
    first = ask(tool, organization)
    end(first, DONE)
    again = stored(ask(tool, organization))
    assert (again.status, again.error_code) == ("success", "duplicate")
    assert again.output_result == DONE.output and again.duplicate_of_id == first.pk
    assert len(handed_over) == 1 and again.uncounted is False


def test_while_the_first_runs_equal_calls_wait_for_it(organization, handed_over, replies):
    tool = tool_of(organization)
    first = ask(tool, organization)
    second, third = ask(tool, organization), ask(tool, organization)
    assert {second.status, third.status} == {"running"} and len(handed_over) == 1
    assert performing.claim(str(second.execution_id)) is None
    end(first, DONE)
    assert {stored(row).status for row in (second, third)} == {"success"}
    assert [message["execution_id"] for message in replies] == [
        str(row.execution_id) for row in (first, second, third)
    ]
    assert stored(second).output_result == DONE.output


def test_arguments_are_equal_whatever_their_order_and_what_is_not_declared(
    organization, handed_over
):
    parameters = {"type": "object", "properties": {"a": {}, "b": {}}}
    tool = make_tool(organization, side_effect="write", function_definition=parameters)
    source = origin(organization, source_kind="call", source_id="1")
    execution.request(tool, {"a": 1, "b": {"x": 1, "y": 2}}, source)
    execution.request(tool, '{"b": {"y": 2.0, "x": 1}, "a": 1.0, "made_up": 5}', source)
    execution.request(tool, {"a": 2, "b": {"x": 1, "y": 2}}, source)
    assert len(handed_over) == 2


def test_another_source_and_no_source_are_no_duplicates(organization, handed_over):
    tool = tool_of(organization)
    ask(tool, organization)
    ask(tool, organization, source_id="2")
    ask(tool, organization, source_kind="chat")
    for _ in range(2):
        ask(tool, organization, source_kind="", source_id="")
    assert len(handed_over) == 5


def test_reads_run_again_unless_told_otherwise(organization, handed_over):
    ask(tool_of(organization, "read"), organization)
    tool = ToolExecution.unscoped.get().tool
    ask(tool, organization)
    assert len(handed_over) == 2


def test_a_tool_may_allow_or_reject_equal_calls(organization, handed_over):
    allowed = tool_of(organization, on_duplicate="allow")
    ask(allowed, organization)
    ask(allowed, organization)
    assert len(handed_over) == 2
    rejecting = make_tool(
        organization, name="strict", side_effect="write", behaviour={"on_duplicate": "reject"}
    )
    end(ask(rejecting, organization), DONE)
    again = ask(rejecting, organization)
    assert (again.status, again.error_code) == ("error", "duplicate")
    assert "was not called again" in again.message and len(handed_over) == 3


def test_failures_are_not_kept(organization, handed_over):
    tool = tool_of(organization)
    end(ask(tool, organization), DOWN)
    assert ask(tool, organization).status == "queued"
    assert len(handed_over) == 2


@pytest.mark.parametrize(
    ("side_effect", "again"), [("write", "error"), ("irreversible", "error"), ("read", "queued")]
)
def test_what_may_have_taken_effect_is_not_tried_again(organization, side_effect, again):
    tool = tool_of(organization, side_effect)
    end(ask(tool, organization), SLOW)
    second = ask(tool, organization)
    assert second.status == again
    if again == "error":
        assert second.error_code == "duplicate" and "nobody knows" in second.message


@pytest.mark.parametrize(
    "error",
    [
        ToolResponseError("Nothing readable."),
        ToolResponseError("Stopped.", code="killed"),
        ToolAnswerLost("The answer was lost on the way."),
    ],
    ids=["unreadable", "killed", "lost"],
)
def test_a_change_that_was_made_and_whose_answer_is_lost_is_not_made_twice(
    organization, handed_over, error
):
    tool = tool_of(organization)
    end(ask(tool, organization), failed(error))
    assert ask(tool, organization).error_code == "duplicate" and len(handed_over) == 1


def test_a_change_that_reached_nobody_may_be_asked_for_again(organization):
    tool = tool_of(organization)
    end(ask(tool, organization), failed(ToolTransportError("Nobody could be reached.")))
    assert ask(tool, organization).status == "queued"


@pytest.mark.parametrize(
    "error",
    [
        ToolResponseError("The seller of tokens talks nonsense."),
        ToolTimeout("The seller of tokens is slow."),
        ToolAnswerLost("The handshake's answer was lost on the way."),
    ],
    ids=["unreadable token", "slow token", "lost handshake"],
)
def test_what_failed_before_it_was_sent_may_be_asked_for_again(organization, error):
    tool = tool_of(organization)
    error.nothing_sent = True
    end(ask(tool, organization), failed(error))
    assert ask(tool, organization).status == "queued"


def test_what_no_worker_took_up_may_be_asked_for_again(organization):
    tool = tool_of(organization)
    first = ask(tool, organization)
    past = timezone.now() - timedelta(seconds=60)
    ToolExecution.unscoped.filter(pk=first.pk).update(deadline_at=past)
    assert sweeping.sweep().ended == 1
    assert stored(first).status == "timeout"
    assert ask(tool, organization).status == "queued"


def test_a_first_run_that_fails_fails_those_who_wait(organization):
    tool = tool_of(organization)
    first, second = ask(tool, organization), ask(tool, organization)
    end(first, DOWN)
    assert (stored(second).status, stored(second).error_code) == ("error", "bad_status")


def test_who_waits_for_a_run_whose_process_died_after_its_end_is_found(organization, monkeypatch):
    tool = tool_of(organization)
    first, second = ask(tool, organization), ask(tool, organization)
    with monkeypatch.context() as died:
        died.setattr("tools_library.services.finishing.end_followers", lambda row: 0)
        end(first, DONE)
    assert stored(second).status == "running"
    sweeping.sweep()
    assert stored(second).status == "success"


def test_of_equal_calls_that_come_at_once_one_runs(organization, handed_over):
    tool, got, start = tool_of(organization), [], threading.Barrier(8)

    def work():
        start.wait(60)
        got.append(ask(tool, organization))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 8 and len(handed_over) == 1
    end(ToolExecution.unscoped.get(duplicate_of=None), DONE)
    assert set(ToolExecution.unscoped.values_list("status", flat=True)) == {"success"}


def test_a_call_that_fails_alike_three_times_is_stopped(organization, handed_over):
    tool = tool_of(organization, "read")
    for _ in range(3):
        end(ask(tool, organization), DOWN)
    fourth, fifth = ask(tool, organization), ask(tool, organization)
    assert {fourth.error_code, fifth.error_code} == {"refused"}
    assert "Stop calling it like this" in fourth.message and len(handed_over) == 3
    assert ask(tool, organization, order="8").status == "queued"
    assert ask(tool, organization, source_id="2").status == "queued"


def test_other_failures_successes_and_time_let_it_try_again(organization):
    tool = tool_of(organization, "read")
    for outcome in (DOWN, DOWN, SLOW):
        end(ask(tool, organization), outcome)
    for outcome in (DOWN, DONE, DOWN, DOWN):
        row = ask(tool, organization)
        assert row.status == "queued"
        end(row, outcome)
    end(ask(tool, organization), DOWN)
    assert ask(tool, organization).error_code == "refused"
    long_ago = timezone.now() - timedelta(minutes=6)
    ToolExecution.unscoped.update(created_at=long_ago)
    assert ask(tool, organization).status == "queued"


def test_a_tool_that_says_no_in_other_words_is_not_the_same_failure(organization):
    tool = tool_of(organization, "read")
    for text in ("No such order.", "No such order.", "Closed today."):
        end(ask(tool, organization), answered({"success": False, "message": text}))
    assert ask(tool, organization).status == "queued"
