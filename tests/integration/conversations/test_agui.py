"""The AG-UI door, each event parsed by the protocol's own types."""

import json
from datetime import timedelta

import pytest
import requests
from ag_ui.core import Event
from django.utils import timezone
from pydantic import TypeAdapter

from tests.factories.conversations import ASK, give_browser_tool
from tools_library.approvals import expiry
from tools_library.models import Approval, ToolExecution
from tools_library.services import sweeping
from voiceassist.conversations.models import Conversation, Message
from voiceassist.conversations.services import settling

pytestmark = pytest.mark.embedded

PARSER = TypeAdapter(Event)


class AguiClient:
    """Sends a whole history with each run, as clients do."""

    def __init__(self, chat):
        self.url = f"{chat.site.url}/api/v1/agui/{chat.slug}"
        self.headers = chat.headers
        self.messages, self.thread, self.runs = [], "thread-1", 0

    def say(self, words, **more):
        self.messages.append({"id": f"m{len(self.messages)}", "role": "user", "content": words})
        return self.run(**more)

    def run(self, **more):
        self.runs += 1
        body = {
            "threadId": self.thread, "runId": f"run-{self.runs}", "state": {}, "context": [],
            "messages": self.messages, "tools": [], "forwardedProps": {}, **more,
        }  # fmt: skip
        answer = requests.post(self.url, json=body, headers=self.headers, timeout=90)
        assert answer.status_code == 200, answer.text
        assert "\r" not in answer.text and "[DONE]" not in answer.text
        blocks = [each for each in answer.text.split("\n\n") if each.startswith("data: ")]
        events = [json.loads(each.removeprefix("data: ")) for each in blocks]
        for event in events:
            PARSER.validate_python(event)
        assert events[0]["type"] == "RUN_STARTED"
        assert events[-1]["type"] in ("RUN_FINISHED", "RUN_ERROR")
        self._remember(events)
        return events

    def _remember(self, events):
        said = "".join(e["delta"] for e in events if e["type"] == "TEXT_MESSAGE_CONTENT")
        calls = [
            {"id": e["toolCallId"], "type": "function",
             "function": {"name": e["toolCallName"], "arguments": "{}"}}
            for e in events if e["type"] == "TOOL_CALL_START"
        ]  # fmt: skip
        message = {"id": f"a{self.runs}", "role": "assistant", "content": said}
        self.messages.append(message | ({"toolCalls": calls} if calls else {}))


@pytest.fixture
def agui(chat):
    return AguiClient(chat)


def types(events):
    return [event["type"] for event in events]


def test_words_come_as_one_message_and_a_run_sent_twice_says_nothing_new(agui):
    events = agui.say("Hello")
    names = types(events)
    assert names[1] == "TEXT_MESSAGE_START" and names[-2] == "TEXT_MESSAGE_END"
    assert events[-1]["outcome"] == {"type": "success"}
    agui.messages.pop()
    again = agui.run()
    assert "TEXT_MESSAGE_CONTENT" not in types(again) and again[-1]["type"] == "RUN_FINISHED"


def test_an_answer_that_failed_is_given_when_the_client_runs_the_same_history_again(agui, chat):
    chat.site.behave(chat_faults=1, chat_fault="no_credit")
    failed = agui.say("Hello")
    assert failed[-1]["type"] == "RUN_ERROR"
    agui.messages.pop()
    chat.site.behave()
    again = agui.run()
    assert again[-1]["outcome"] == {"type": "success"} and "TEXT_MESSAGE_CONTENT" in types(again)
    said = Message.unscoped.order_by("pk").values_list("role", flat=True)
    assert list(said) == ["user", "assistant"]
    agui.messages.pop()
    assert "TEXT_MESSAGE_CONTENT" not in types(agui.run())


def test_a_tool_of_the_client_ends_the_run_and_its_message_goes_on(agui):
    tool = {"name": "show_map", "description": "Shows a map", "parameters": ASK}
    events = agui.say("Please use show_map", tools=[tool])
    start = next((e for e in events if e["type"] == "TOOL_CALL_START"), None)
    assert start is not None, events
    assert events[-1]["outcome"] == {"type": "success"}
    agui.messages.append(
        {"id": "t1", "role": "tool", "toolCallId": start["toolCallId"], "content": "shown"}
    )
    rest = agui.run(tools=[tool])
    assert rest[-1]["outcome"] == {"type": "success"} and "TEXT_MESSAGE_CONTENT" in types(rest)
    assert "TOOL_CALL_RESULT" not in types(rest)


def test_a_servers_browser_tool_interrupts_and_is_resumed(agui):
    events = agui.say("Show me a notification")
    outcome = events[-1]["outcome"]
    assert outcome["type"] == "interrupt" and "MESSAGES_SNAPSHOT" in types(events)
    [interrupt] = outcome["interrupts"]
    rest = agui.run(
        resume=[{"interruptId": interrupt["id"], "status": "resolved", "payload": "shown"}]
    )
    assert rest[-1]["outcome"] == {"type": "success"} and "TOOL_CALL_RESULT" in types(rest)


def test_interrupts_are_answered_all_at_once(agui, chat):
    give_browser_tool(chat.assistant, "confirm_action", require_confirmation=True)
    events = agui.say("Show me a notification and confirm it")
    interrupts = events[-1]["outcome"]["interrupts"]
    assert sorted(each["reason"] for each in interrupts) == ["confirmation", "tool_call"]
    one = [{"interruptId": interrupts[0]["id"], "status": "resolved", "payload": "x"}]
    assert agui.run(resume=one)[-1] == {
        "type": "RUN_ERROR",
        "code": "interrupts_open",
        "message": agui_message(interrupts[1]["id"]),
    }
    no = {"approved": False, "reason": "no"}
    both = [
        {"interruptId": each["id"], "status": "resolved",
         "payload": no if each["reason"] == "confirmation" else "x"}
        for each in interrupts
    ]  # fmt: skip
    assert agui.run(resume=both)[-1]["outcome"] == {"type": "success"}


def agui_message(key):
    return f"Answer all open interrupts at once; still open: {key}."


def answered(interrupt, payload):
    return {"interruptId": interrupt["id"], "status": "resolved", "payload": payload}


def asked_twice(agui, chat):
    """Ask for two things; return the question and the call that wait."""
    give_browser_tool(chat.assistant, "confirm_action", require_confirmation=True)
    events = agui.say("Show me a notification and confirm it")
    return sorted(events[-1]["outcome"]["interrupts"], key=lambda each: each["reason"])


def test_an_interrupt_that_is_over_or_never_was_is_an_error(agui, chat):
    question, call = asked_twice(agui, chat)
    for key in ("never", "approval-999999", question["toolCallId"]):
        made_up = agui.run(resume=[answered({"id": key}, {"approved": True})])
        assert made_up[-1]["type"] == "RUN_ERROR", key
        assert made_up[-1]["code"] == "unknown_interrupt"
    before = timezone.now() - timedelta(minutes=5)
    Approval.unscoped.update(expires_at=before)
    ToolExecution.unscoped.update(deadline_at=before)
    sweeping.sweep()
    expiry.sweep()
    settling.settle(Conversation.unscoped.get().pk)
    for interrupt in (question, call):
        late = agui.run(resume=[answered(interrupt, {"approved": True})])
        assert (late[-1]["type"], late[-1]["code"]) == ("RUN_ERROR", "expired")
    agui.thread = "thread-of-nobody"
    assert agui.run(resume=[answered(call, "x")])[-1]["code"] == "unknown_interrupt"
    assert Conversation.unscoped.count() == 1


def test_an_answer_is_safe_to_send_again_and_another_one_is_an_error(agui, chat):
    question, call = asked_twice(agui, chat)
    both = [answered(question, {"approved": False}), answered(call, "x")]
    assert agui.run(resume=both)[-1]["outcome"] == {"type": "success"}
    again = agui.run(resume=both)
    assert again[-1]["outcome"] == {"type": "success"} and len(again) == 2
    for other in (answered(question, {"approved": True}), answered(call, "y")):
        refused = agui.run(resume=[other])[-1]
        assert (refused["type"], refused["code"]) == ("RUN_ERROR", "answered")


def test_an_answer_beside_one_that_is_over_is_an_error_and_changes_nothing(agui, chat):
    question, call = asked_twice(agui, chat)
    asked = [answered(question, {"approved": False}), answered(call, "x")]
    made_up = agui.run(resume=[*asked, answered({"id": "never"}, "x")])[-1]
    assert (made_up["type"], made_up["code"]) == ("RUN_ERROR", "unknown_interrupt")
    Approval.unscoped.update(expires_at=timezone.now() - timedelta(minutes=5))
    expiry.sweep()
    settling.settle(Conversation.unscoped.get().pk)
    late = agui.run(resume=asked)[-1]
    assert (late["type"], late["code"]) == ("RUN_ERROR", "expired")
    assert agui.run(resume=asked[1:])[-1]["outcome"] == {"type": "success"}


def test_what_staff_must_answer_holds_up_nobody_elses_answer(agui, chat):
    give_browser_tool(
        chat.assistant, "confirm_action", require_confirmation=True, behaviour={"approval": "staff"}
    )
    interrupts = agui.say("Show me a notification and confirm it")[-1]["outcome"]["interrupts"]
    waits = {each["metadata"]["waitsFor"]: each for each in interrupts}
    assert set(waits) == {"browser", "staff"}
    rest = agui.run(resume=[answered(waits["browser"], "shown")])
    assert rest[-1]["outcome"] == {"type": "interrupt", "interrupts": [waits["staff"]]}
    assert "TOOL_CALL_RESULT" in types(rest)
