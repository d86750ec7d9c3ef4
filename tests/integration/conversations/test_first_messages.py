"""How conversations begin: with their first message, once, and not where it is refused."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import transaction

from tests.factories.conversations import give_browser_tool
from tests.integration.conversations.test_agent_routes import events_of
from tests.integration.conversations.test_agui import AguiClient
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from voiceassist.conversations.models import AgentRun, Conversation, Message
from voiceassist.conversations.services import starting
from voiceassist.conversations.services.people import Participant

pytestmark = pytest.mark.usefixtures("conversations_db")

TOOL = {"name": "show_map", "description": "A map", "parameters": {"type": "object"}}


def test_a_first_message_that_another_one_overtakes_goes_into_its_conversation(chat):
    organization = chat.assistant.organization
    program = Participant(organization.pk, "A program")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = starting.create(chat.assistant, program, thread_id="both")
            second = pool.submit(chat.send, "Hello", stream=False, thread_id="both")
            wait_for(somebody_waits, seconds=90, what="the second first message")
        answer = second.result(60)
    assert answer.status_code == 200, answer.text
    assert answer.json()["conversation_id"] == first.pk
    assert Conversation.unscoped.count() == 1


def test_of_many_first_messages_at_once_each_is_taken_or_told_to_wait(chat):
    ready = threading.Barrier(8)

    def say(number):
        ready.wait(90)
        return chat.send(f"Hello {number}", stream=False, thread_id="one")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(say, range(8)))
    taken = [each for each in answers if each.status_code == 200]
    rest = [each for each in answers if each.status_code != 200]
    assert taken and {each.json()["code"] for each in rest} <= {"busy"}, [a.text for a in rest]
    assert Conversation.unscoped.count() == 1
    assert Message.unscoped.filter(role="user").count() == len(taken)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"messages": [{"id": "m", "role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"id": "m", "role": "user", "content": "x" * 32_001}]}, "messages"),
        ({"messages": [{"id": "m", "role": "user", "content": [{"type": "image"}]}]}, "messages"),
        ({"context": [{"description": "page", "value": "x" * 9_000}]}, "context"),
        ({"threadId": "no spaces"}, "threadId"),
        ({"tools": [{**TOOL, "name": "a b"}]}, "tools.0.name"),
        ({"tools": [{**TOOL, "description": 7}]}, "tools.0.description"),
        ({"tools": [TOOL, {**TOOL, "parameters": {"type": "object", "properties": 7}}]},
         "tools.1.parameters.properties"),
        ({"tools": [{**TOOL, "parameters": []}, {**TOOL, "parameters": ["x"]}]},
         "tools.1.parameters"),
    ],
)  # fmt: skip
def test_an_ag_ui_run_that_is_refused_begins_no_conversation(chat, changes, field):
    body = {"threadId": "new", "runId": "r", "messages": [
        {"id": "m", "role": "user", "content": "Hello"}], "tools": [], **changes}  # fmt: skip
    url = f"{chat.site.url}/api/v1/agui/{chat.slug}"
    answer = requests.post(url, json=body, headers=chat.headers, timeout=90)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert not Conversation.unscoped.exists() and not AgentRun.unscoped.exists()


def test_an_ag_ui_run_without_words_begins_no_conversation(chat):
    agui = AguiClient(chat)
    assert agui.run()[-1]["outcome"] == {"type": "success"}
    assert not Conversation.unscoped.exists()


def test_words_that_were_said_together_are_not_said_again(chat):
    agui = AguiClient(chat)
    agui.messages.append({"id": "m0", "role": "user", "content": "Hello."})
    assert agui.say("Are you there?")[-1]["outcome"] == {"type": "success"}
    agui.messages.pop()
    assert "TEXT_MESSAGE_CONTENT" not in [each["type"] for each in agui.run()]
    assert Message.unscoped.get(role="user").text == "Hello.\n\nAre you there?"


def test_what_a_page_says_of_itself_is_data_for_the_model_and_nothing_else(chat):
    context = {"user_id": "u-7", "assistant_id": 99, "page": "cart"}
    events = events_of(chat.send("Show me a notification", context=context))
    asked = chat.site.stand_ins.chats[-1].body["messages"]
    assert '"page": "cart"' in asked[0]["content"] and asked[1]["content"].startswith("Show me")
    run = AgentRun.unscoped.get()
    assert run.context == context
    call = next(each for each in events if each["type"] == "tool_call_start")["tool_call_id"]
    body = {"thread_id": events[0]["thread_id"], "context": {"page": "checkout"},
            "tool_responses": [{"tool_call_id": "made_up", "result": "x"}]}  # fmt: skip
    assert chat.post("continue", body).status_code == 404
    run.refresh_from_db()
    assert run.context == context
    body["tool_responses"][0]["tool_call_id"] = call
    assert chat.post("continue", body).json()["status"] == "completed"
    asked = chat.site.stand_ins.chats[-1].body["messages"]
    assert '"page": "checkout"' in asked[0]["content"] and "cart" not in asked[0]["content"]
    too_much = chat.send("Hello", context={"page": "x" * 8_000})
    assert (too_much.status_code, too_much.json()["errors"][0]["field"]) == (400, "context")


def test_an_answer_that_is_refused_or_repeated_says_nothing_of_its_page(chat):
    give_browser_tool(chat.assistant, "confirm_action")
    events = events_of(chat.send("Show me a notification and confirm it", context={"page": "cart"}))
    first, second = [e["tool_call_id"] for e in events if e["type"] == "tool_call_start"]

    def answer(call, result, page):
        response = {"tool_call_id": call, "result": result}
        body = {"thread_id": events[0]["thread_id"], "tool_responses": [response]}
        return chat.post("continue", {**body, "context": {"page": page}}).status_code

    assert answer(first, "shown", "first tab") == 200
    assert answer(first, "not shown", "second tab") == 409
    assert answer(first, "shown", "second tab") == 200
    assert AgentRun.unscoped.get().context == {"page": "first tab"}
    assert answer(second, "yes", "third tab") == 200
    assert AgentRun.unscoped.get().context == {"page": "third tab"}


def test_the_context_of_a_page_never_gets_into_a_tools_own(chat):
    from voiceassist.conversations.services.stepping import origin_of

    chat.send("Hello", context={"user_id": "u-7", "environment_variables": {"A": "b"}})
    run = AgentRun.unscoped.select_related("conversation__assistant", "conversation__organization")
    origin = origin_of(run.get(), run.get().conversation)
    assert origin.user_id is None and origin.context["user_id"] is None
    assert "environment_variables" not in origin.context
