"""Text of several streams is stored together: none keeps another's from being stored."""

import asyncio

import pytest
from django.db import OperationalError

from tests.factories.conversations import make_conversation
from tests.integration.conversations.scripted import ScriptedModel, kinds, until_rest
from tests.integration.conversations.test_agent import in_db, say
from voiceassist.conversations.models import AgentRun, Conversation, RunEvent
from voiceassist.conversations.services import cancelling, events, leases, writing
from voiceassist.conversations.services.driving import driver
from voiceassist.conversations.services.events import Pieces
from voiceassist.conversations.services.live import live
from voiceassist.foundation.providers import chat

pytestmark = pytest.mark.embedded


@pytest.fixture
def models(conversations_db, monkeypatch):
    """A model for each conversation, by the words of its person."""
    scripted = {}

    def stream(request, *, timeout_s):
        return scripted[request.messages[-1]["content"]].stream(request, timeout_s=timeout_s)

    def says(words, *parts):
        scripted[words] = ScriptedModel()
        scripted[words].says(*parts)

    monkeypatch.setattr(chat, "stream", stream)
    return says


async def until(condition):
    async with asyncio.timeout(60):
        while not await in_db(condition):
            await asyncio.sleep(0.02)


def texts(conversation):
    rows = RunEvent.unscoped.filter(conversation=conversation, type="text_delta").order_by("seq")
    return [piece for row in rows for piece in row.data["pieces"]]


def told(frames):
    return "".join(each.data["delta"] for each in frames if each.type == "text_delta")


async def begun(models, *words):
    """Return conversations whose models have said one word and wait, and what lets each go on."""
    goes_on = {each: asyncio.Event() for each in words}
    conversations = {}
    for each in words:
        models(each, f"{each} one ", goes_on[each], f"{each} two")
        conversations[each] = await in_db(make_conversation)
        await say(conversations[each], each)
    for conversation in conversations.values():
        await until(lambda of=conversation: texts(of))
    return conversations, goes_on


async def test_words_are_stored_while_the_model_still_speaks(models):
    conversations, goes_on = await begun(models, "A", "B", "C")
    for words, conversation in conversations.items():
        assert await in_db(texts, conversation) == [f"{words} one "]
        goes_on[words].set()
    for words, conversation in conversations.items():
        frames = await until_rest(conversation)
        assert told(frames) == f"{words} one {words} two"
        assert kinds(frames)[-2:] == ["message_completed", "run_finished"]


async def test_text_that_is_refused_keeps_no_other_from_being_stored(models):
    conversations, _ = await begun(models, "A", "B")
    await in_db(Conversation.unscoped.filter(pk=conversations["A"].pk).delete)
    runs = [each.plan.run_id for each in writing.writer.steps]
    more = [Pieces(each, 500_000, ("more",)) for each in conversations.values()]
    ours = await in_db(leases.look_after, live.name, runs, more, renew=True)
    assert await in_db(texts, conversations["B"]) == ["B one ", "more"]
    kept = await in_db(AgentRun.unscoped.get)
    assert (ours, kept.conversation_id) == ({kept.pk}, conversations["B"].pk)
    await driver.stop()


async def test_words_outlast_a_database_that_is_away(models, monkeypatch):
    stored, failures = events.store_pieces, []

    def away(pieces):
        if len(failures) < 4:
            failures.append(pieces)
            raise OperationalError("away")
        return stored(pieces)

    monkeypatch.setattr(events, "store_pieces", away)
    conversations, goes_on = await begun(models, "A")
    assert len(failures) == 4
    goes_on["A"].set()
    assert told(await until_rest(conversations["A"])) == "A one A two"
    assert (await in_db(AgentRun.unscoped.get)).attempt == 1


async def test_a_lease_is_renewed_as_long_as_the_model_speaks(models, monkeypatch):
    monkeypatch.setattr(writing, "KEEP_SECONDS", 0)
    conversations, goes_on = await begun(models, "A")
    first = (await in_db(AgentRun.unscoped.get)).lease_until
    await until(lambda: AgentRun.unscoped.get().lease_until > first)
    goes_on["A"].set()
    assert told(await until_rest(conversations["A"])) == "A one A two"


async def test_a_stop_is_noticed_while_the_model_thinks(models):
    conversations, goes_on = await begun(models, "A")
    await in_db(cancelling.cancel, conversations["A"])
    async with asyncio.timeout(60):
        while writing.writer.steps:
            await asyncio.sleep(0.02)
    assert not goes_on["A"].is_set()
    assert told(await until_rest(conversations["A"])) == "A one "
