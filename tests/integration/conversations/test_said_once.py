"""A message whose client gives it an id is said once, however often it is sent."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import transaction

from tests.integration.conversations.test_agent_routes import events_of
from tests.integration.conversations.test_agui import AguiClient
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from voiceassist.conversations.models import AgentRun, Conversation, Message
from voiceassist.conversations.services import locking, starting
from voiceassist.conversations.services.people import Participant

pytestmark = pytest.mark.usefixtures("conversations_db")

MINE = {"thread_id": "said-once", "client_message_id": "m-1"}


def said():
    return list(Message.unscoped.filter(role="user").values_list("text", flat=True))


def test_a_message_that_is_sent_again_is_answered_as_the_first_time(chat):
    events = events_of(chat.send("Hello", **MINE))
    assert events[1]["client_message_id"] == "m-1"
    chat.send("And then?", thread_id="said-once")
    again = events_of(chat.send("Hello", **MINE))
    assert again[: len(events)] == events
    told = chat.send("Hello", stream=False, **MINE).json()
    assert told["run_id"] == events[0]["run_id"] and told["pending_tools"] == []
    assert told["text"] == next(e for e in events if e["type"] == "message_completed")["text"]
    assert said() == ["Hello", "And then?"] and AgentRun.unscoped.count() == 2


def test_the_short_routes_say_it_once_too(chat):
    first = chat.send("Hello", stream=False, **MINE).json()
    url = f"{chat.site.url}/api/conversations/said-once/messages"
    body = {"message": "Show me a notification", "client_message_id": "m-2"}
    asked, again = (requests.post(url, json=body, headers=chat.headers, timeout=60)
                    for _ in range(2))  # fmt: skip
    assert asked.json()["type"] == "frontend_tool_request" and again.json() == asked.json()
    body = {"message": "Hello", "client_message_id": "m-1"}
    earlier = requests.post(url, json=body, headers=chat.headers, timeout=60).json()
    assert (earlier["type"], earlier["response"]) == ("completed", first["text"])
    assert said() == ["Hello", "Show me a notification"]


def test_of_equal_messages_at_the_same_moment_one_is_said_and_all_are_answered(chat):
    ready = threading.Barrier(6)

    def say(_):
        ready.wait(90)
        return chat.send("Hello", stream=False, **MINE)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(say, range(6)))
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    assert len({each.json()["run_id"] for each in answers}) == 1
    assert said() == ["Hello"] and AgentRun.unscoped.count() == 1


def test_an_ag_ui_message_that_another_request_says_meanwhile_is_not_said_again(chat):
    program = Participant(chat.assistant.organization_id, "A program")
    thread = starting.create(chat.assistant, program, thread_id="thread-1")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            locking.lock(thread.pk)
            late = pool.submit(AguiClient(chat).say, "Hello")
            wait_for(somebody_waits, seconds=90, what="the same message of the other request")
            starting.say(thread, "Hello", client_id="m0")
        assert late.result(60)[-1]["outcome"] == {"type": "success"}
    assert said() == ["Hello"] and AgentRun.unscoped.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_message_id": "x" * 101}, "client_message_id"),
        ({"client_message_id": 7}, "client_message_id"),
        ({"thread_id": None}, "thread_id"),
        ({"message": "Something else"}, "client_message_id"),
    ],
)
def test_an_id_that_cannot_tell_messages_apart_is_refused_and_says_how_to_mend_it(
    chat, changes, field
):
    chat.send("Hello", **MINE)
    answer = chat.post("messages", {"message": "Hello", **MINE, **changes})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert said() == ["Hello"] and Conversation.unscoped.count() == 1
