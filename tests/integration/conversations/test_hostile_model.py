"""Models that loop, call what is not there, send broken words: bounded, explained, recorded."""

import pytest

from tests.integration.conversations.test_agent_routes import events_of
from voiceassist.conversations.loop.steps import MOST_STEPS
from voiceassist.conversations.models import AgentRun, ToolProposal

pytestmark = pytest.mark.usefixtures("conversations_db")


def test_a_model_that_calls_what_is_not_there_for_ever_is_stopped(chat):
    events = events_of(chat.send("stand-in:unknown_tool"))
    assert events[-1]["type"] == "run_error" and events[-1]["code"] == "too_many_steps"
    assert str(MOST_STEPS) in events[-1]["message"]
    rows = ToolProposal.unscoped.select_related("execution")
    assert {row.status for row in rows} == {"failed"} and rows.count() == MOST_STEPS
    assert {row.execution.error_code for row in rows} == {"unknown_tool"}
    run = AgentRun.unscoped.get()
    assert (run.status, run.stop_reason) == ("failed", "too_many_steps")


@pytest.mark.parametrize("fault", ["duplicate_ids", "no_ids"])
def test_calls_without_ids_of_their_own_are_given_some(chat, fault):
    assert events_of(chat.send(f"stand-in:{fault}"))[-1]["type"] == "run_paused"
    ids = ToolProposal.unscoped.values_list("tool_call_id", flat=True)
    assert all(ids) and len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "fault", ["garbage", "error_event", "empty", "no_credit", "too_many_calls"]
)
def test_a_model_that_breaks_off_ends_the_run_with_a_reason(chat, fault):
    events = events_of(chat.send(f"Hello stand-in:{fault}"))
    assert events[-1]["type"] == "run_error" and events[-1]["message"], events
    run = AgentRun.unscoped.get()
    assert (run.status, run.stop_reason) == ("failed", events[-1]["code"])
    again = events_of(chat.send("Hello", thread_id=events[0]["thread_id"]))
    assert again[-1]["type"] == "run_finished"
