"""Old events of conversations go; messages, calls and what comes next stay to be read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.integration.conversations.test_agent_routes import events_of
from voiceassist.conversations.models import Message, RunEvent
from voiceassist.conversations.services import pruning

pytestmark = [pytest.mark.usefixtures("conversations_db"), pytest.mark.embedded]


def test_a_thread_whose_events_are_gone_is_read_whole_and_goes_on(chat, settings):
    told = chat.send("Show me a notification", stream=False).json()
    thread, waiting = told["thread_id"], told["pending_tools"]
    there = f"{chat.site.url}/api/conversations/{told['conversation_id']}"
    before = chat.read(there)
    RunEvent.unscoped.update(at=timezone.now() - timedelta(days=8))
    settings.LOGS_KEPT_DAYS = 0
    assert pruning.prune() == 0
    settings.LOGS_KEPT_DAYS = 7
    count = RunEvent.unscoped.count()
    assert pruning.prune() == count > 0 and not RunEvent.unscoped.exists()
    assert chat.read(there) == before
    assert before["status"] == "awaiting_frontend_tool" and before["pending_tools"] == waiting
    answer = {"tool_call_id": waiting[0]["tool_call_id"], "result": "shown"}
    chat.post("continue", {"thread_id": thread, "tool_responses": [answer]})
    after = {"Last-Event-ID": str(before["last_event_id"])}
    rest = events_of(chat.get(f"threads/{thread}/events", after))
    assert rest[0]["type"] == "tool_call_resolved" and rest[-1]["type"] == "run_finished"
    assert pruning.prune() == 0 and Message.unscoped.count() == 3


def test_calls_are_told_with_their_results_and_decisions_even_without_their_runs(chat):
    from tools_library.models import ToolExecution

    told = chat.send("Show me a notification", stream=False).json()
    call = told["pending_tools"][0]["tool_call_id"]
    answer = {"tool_call_id": call, "result": {"success": True, "message": "Shown."}}
    chat.post("continue", {"thread_id": told["thread_id"], "tool_responses": [answer]})
    there = f"{chat.site.url}/api/conversations/{told['conversation_id']}"
    [shown] = chat.read(there)["messages"][1]["tool_calls"]
    assert (shown["status"], shown["result"]["message"]) == ("succeeded", "Shown.")
    ToolExecution.unscoped.all().delete()
    [shown] = chat.read(there)["messages"][1]["tool_calls"]
    assert (shown["status"], shown["result"]["message"]) == ("succeeded", "Shown.")
    assert shown["arguments"]["message"] and shown["execution_id"] is None


def test_a_failed_run_is_told_with_its_reason(chat):
    told = chat.send("Hello stand-in:no_credit", stream=False).json()
    there = f"{chat.site.url}/api/conversations/{told['conversation_id']}"
    shown = chat.read(there)
    assert (shown["status"], shown["code"]) == ("failed", told["code"])
    assert shown["message"] == told["message"] != ""
