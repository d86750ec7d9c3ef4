"""What must not happen: calls after a stop, rings of locks, threads mistaken for ids."""

import asyncio
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection, transaction

from tests.factories.conversations import give_browser_tool, make_conversation, make_participant
from tests.integration.conversations.scripted import call, until_rest
from tests.integration.conversations.test_agent import in_db, say
from tools_library.models import ToolExecution
from voiceassist.conversations.models import Conversation, RunEvent, ToolProposal
from voiceassist.conversations.services import cancelling, events, locking, pace, people, settling
from voiceassist.conversations.services.events import Pieces
from voiceassist.conversations.services.people import Participant

pytestmark = pytest.mark.embedded


async def test_a_call_of_a_stopped_answer_never_begins(model, monkeypatch):
    model.says(call("ask_person", {"question": "Sure?"}, "c1"))
    conversation = await in_db(make_conversation)
    await in_db(give_browser_tool, conversation.assistant)
    run_for_step, stopped = settling.rows.run_for_step, []
    settle, settled = settling.settle, threading.Event()

    def settle_and_tell(*args):  # watchers see the stop while it still goes on
        try:
            settle(*args)
        finally:
            settled.set()

    def stopped_meanwhile(*args):
        proposed = ToolProposal.unscoped.filter(conversation=conversation)
        if proposed.exists() and not stopped:
            stopped.append(cancelling.cancel(conversation))
        return run_for_step(*args)

    monkeypatch.setattr(settling.rows, "run_for_step", stopped_meanwhile)
    monkeypatch.setattr(settling, "settle", settle_and_tell)
    await say(conversation, "Go")
    await until_rest(conversation)
    assert await asyncio.to_thread(settled.wait, 60)
    assert stopped == [True]
    assert await in_db(lambda: ToolProposal.unscoped.get().status) == "cancelled"
    assert not await in_db(ToolExecution.unscoped.exists)


@pytest.mark.usefixtures("conversations_db")
def test_pieces_of_text_do_not_wait_for_who_changes_the_conversation():
    conversation = make_conversation()

    def store():
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    connection.cursor().execute("SET LOCAL lock_timeout = '2s'")
                events.store_pieces([Pieces(conversation, 1, ("Hello",))])
        finally:
            connection.close()

    if connection.vendor != "postgresql":  # one writer at a time: nothing to wait for in a ring
        store()
    else:
        with ThreadPoolExecutor(1) as thread, transaction.atomic():
            locking.lock(conversation.pk)
            thread.submit(store).result(90)
    assert RunEvent.unscoped.get().data == {"pieces": ["Hello"]}


@pytest.mark.usefixtures("conversations_db")
def test_a_thread_called_like_an_id_stands_for_no_other_conversation():
    who = make_participant()
    own = make_conversation(who)
    stranger = Participant(who.organization_id, "page", end_user="page")
    mistaken = make_conversation(stranger, assistant=own.assistant, thread_id=str(own.pk))
    Conversation.unscoped.filter(pk=own.pk).update(thread_id="mine")
    assert people.find(who, str(own.pk)) == own
    assert people.find(who, "mine") == own
    assert people.find_thread(who, str(own.pk)) == mistaken


def test_a_refused_first_message_leaves_no_conversation(chat):
    assert chat.send("   ", stream=False).status_code == 400
    assert not Conversation.unscoped.exists()


def test_a_body_that_is_far_too_long_is_refused_in_words(chat):
    body = json.dumps({"message": "x" * 3_000_000})
    answer = requests.post(
        f"{chat.url}/messages", data=body, timeout=90,
        headers={**chat.headers, "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == "body"


def test_too_many_messages_in_a_minute_are_refused_for_each_sender_alone(chat, monkeypatch):
    monkeypatch.setattr(pace, "MOST", 2)
    monkeypatch.setattr(pace, "_now", lambda: 1_234_567_890.0)

    def client():
        wanted = {"end_user": uuid.uuid4().hex}
        token = chat.post("tokens", wanted).json()["token"]
        return {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    one, other = client(), client()
    answers = [chat.post("messages", {"message": "Hello"}, one) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "30"
    assert answers[-1].json()["code"] == "too_many_requests"
    assert chat.post("messages", {"message": "Hello"}, other).status_code == 200
    run = {"threadId": "t1", "runId": "r1", "messages": [{"role": "user", "content": "Hi"}]}
    every = {**chat.headers, **one}
    url = f"{chat.site.url}/api/v1/agui/{chat.slug}"
    assert requests.post(url, json=run, headers=every, timeout=90).status_code == 429
    assert chat.send("Hello", stream=False).status_code == 200
