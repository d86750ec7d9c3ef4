"""Conversations that are deleted while somebody reads them, or their agent answers."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import transaction

from tests.factories.conversations import give_browser_tool, make_conversation
from tests.integration.conversations.scripted import call, until_rest
from tests.integration.conversations.test_agent import in_db, say
from tests.integration.conversations.test_agui import AguiClient
from tests.services.ports import wait_for
from voiceassist.conversations.models import Conversation, RunEvent
from voiceassist.conversations.services import following, people, rows, starting
from voiceassist.conversations.services.people import Participant

pytestmark = pytest.mark.usefixtures("conversations_db")


@pytest.fixture
def errors(caplog):
    """What is logged as an error."""
    with caplog.at_level(logging.INFO):
        yield lambda: [each for each in caplog.records if each.levelno >= logging.ERROR]


def delete_all():
    with transaction.atomic():
        found = Conversation.unscoped.select_for_update()
        Conversation.unscoped.filter(pk__in=[each.pk for each in found]).delete()


def all_speak(count):
    told = RunEvent.unscoped.filter(type="text_delta")
    return lambda: told.values("conversation").distinct().count() == count


def test_an_answer_whose_conversation_is_deleted_ends(chat, monkeypatch, errors):
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 0.1)
    with ThreadPoolExecutor(3) as pool:
        told = pool.submit(chat.send, "stand-in:stall", stream=False, thread_id="told")
        streamed = pool.submit(chat.send, "stand-in:stall", thread_id="streamed")
        agui = pool.submit(AguiClient(chat).say, "stand-in:stall")
        wait_for(all_speak(3), seconds=60, what="three answers")
        delete_all()
        assert (told.result(60).status_code, told.result().json()["code"]) == (404, "not_found")
        assert streamed.result(60).status_code == 200 and streamed.result().text
        ended = agui.result(60)[-1]
        assert (ended["type"], ended["code"]) == ("RUN_ERROR", "not_found")
    wait_for(lambda: not following.live._watched, seconds=90, what="the streams to be left")
    assert not errors() and not Conversation.unscoped.exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/agents/{agent}/messages", {"message": "Hello", "thread_id": "t"}, 404),
        ("GET", "/api/v1/agents/{agent}/threads/t/events", None, 200),
        ("POST", "/api/v1/agents/{agent}/threads/t/cancel", {}, 404),
        ("GET", "/api/conversations/t", None, 404),
        ("POST", "/api/conversations/t/messages", {"message": "Hello"}, 404),
        ("POST", "/api/v1/agui/{agent}", {"threadId": "t", "runId": "r", "messages": [
            {"id": "m", "role": "user", "content": "Hello"}]}, 404),
    ],
)  # fmt: skip
def test_a_conversation_that_is_deleted_once_it_was_found_is_not_there(
    chat, monkeypatch, errors, method, path, body, status
):
    program = Participant(chat.assistant.organization_id, "A program")
    starting.create(chat.assistant, program, thread_id="t")

    def found_last(find):
        def wrapped(*args):
            found = find(*args)
            Conversation.unscoped.filter(pk=found.pk).delete()
            return found

        return wrapped

    for name in ("find", "find_thread"):
        monkeypatch.setattr(people, name, found_last(getattr(people, name)))
    url = chat.site.url + path.format(agent=chat.slug)
    answer = requests.request(method, url, json=body, headers=chat.headers, timeout=60)
    assert answer.status_code == status and not errors(), answer.text


async def test_calls_of_a_conversation_that_is_deleted_are_not_begun(model, monkeypatch, errors):
    model.says(call("ask_person", {"question": "Your name?"}))
    conversation = await in_db(make_conversation)
    await in_db(give_browser_tool, conversation.assistant)
    read = rows.calls_of_step

    def read_last(conversation_id):
        calls = read(conversation_id)
        Conversation.unscoped.filter(pk=conversation_id).delete()
        return calls

    monkeypatch.setattr(rows, "calls_of_step", read_last)
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 0.1)
    await say(conversation, "Ask me")
    await until_rest(conversation)
    assert not errors()
