"""Text of several streams is stored together: none keeps another's from being stored."""

import asyncio
import threading

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.factories.conversations import make_conversation
from tests.integration.conversations.scripted import ScriptedModel, kinds, until_rest
from tests.integration.conversations.test_agent import in_db, say
from voiceassist.conversations.loop.frames import TEXT, Frame
from voiceassist.conversations.models import AgentRun, Conversation, RunEvent
from voiceassist.conversations.services import cancelling, events, following, leases, writing
from voiceassist.conversations.services.database import threads
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


def seen(conversation):
    """Return what is stored, by a connection that is closed again."""
    try:
        return texts(conversation)
    finally:
        connection.close()


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


async def test_every_sign_of_the_text_of_several_streams_is_stored_as_it_was_said(conversations_db):
    said = ("It's ", 'a "%s" \\ %% ', "😀 ünï\n\u2028", '{"pieces": [1]}', " ", "null")
    conversations = [await in_db(make_conversation) for _ in range(3)]
    pieces = [Pieces(each, place + 1, said) for place, each in enumerate(conversations)]
    await threads.run(events.store_pieces, [*pieces, Pieces(conversations[0], 50, ())])
    for place, conversation in enumerate(conversations):
        frames = await in_db(events.stored, conversation.pk, 0)
        assert tuple(each.data["delta"] for each in frames) == said
        assert [each.seq for each in frames] == list(range(place + 1, place + 1 + len(said)))
        row = await in_db(RunEvent.unscoped.get, conversation=conversation)
        assert row.organization_id == conversation.organization_id
        assert (row.type, row.data) == ("text_delta", {"pieces": list(said)})
        assert row.at <= timezone.now()


async def test_text_is_stored_while_all_other_database_threads_are_busy(models):
    goes_on, ends, done = asyncio.Event(), asyncio.Event(), threading.Event()
    models("A", "one ", goes_on, "two ", ends, "three")
    conversation = await in_db(make_conversation)
    await say(conversation, "A")
    await until(lambda: texts(conversation))
    busy = [asyncio.ensure_future(threads.run_open(done.wait)) for _ in range(20)]
    goes_on.set()
    try:
        async with asyncio.timeout(60):
            while await asyncio.to_thread(seen, conversation) != ["one ", "two "]:
                await asyncio.sleep(0.02)
    finally:
        done.set()
        await asyncio.gather(*busy)
    ends.set()
    assert told(await until_rest(conversation)) == "one two three"


async def test_of_runs_only_ones_own_are_held_and_their_leases_renewed(models):
    conversations, _ = await begun(models, "A", "B")
    runs = [each.plan.run_id for each in writing.writer.steps]
    before = await in_db(AgentRun.unscoped.get, pk=runs[0])
    await in_db(AgentRun.unscoped.filter(pk=runs[1]).update, claimed_by="another")
    assert await in_db(leases.look_after, live.name, runs, [], renew=False) == {runs[0]}
    assert await in_db(leases.look_after, live.name, runs, [], renew=True) == {runs[0]}
    after, foreign = [await in_db(AgentRun.unscoped.get, pk=run) for run in runs]
    assert after.lease_until > before.lease_until
    assert foreign.claimed_by == "another" and foreign.lease_until < after.lease_until
    await driver.stop()


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


async def test_a_reader_waits_for_words_that_another_process_has_shown_and_stores_late(
    conversations_db, monkeypatch
):
    conversation = await in_db(make_conversation)
    stored, asked = events.stored, []

    def stored_late(*given):
        asked.append(given)
        if len(asked) == 100:
            events.store_pieces([Pieces(conversation, 1, ("one ", "two "))])
        return stored(*given)

    monkeypatch.setattr(events, "stored", stored_late)
    monkeypatch.setattr(following, "_GAP_SECONDS", 0)
    reader = following.follow(conversation.pk, 0, to_rest=False)
    first = asyncio.ensure_future(anext(reader))
    async with asyncio.timeout(60):
        while not asked:  # it has joined those who listen
            await asyncio.sleep(0.02)
        live.publish_text(conversation.pk, Frame(3, 2, TEXT, {"delta": "three"}))
        shown = [await first, await anext(reader), await anext(reader)]
    await reader.aclose()
    assert told(shown) == "one two three"


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


async def test_a_process_that_stops_leaves_the_next_step_to_others(models):
    conversations, _ = await begun(models, "A")
    run = await in_db(AgentRun.unscoped.get)
    driver.drive(run.pk)  # as the last tool that ends does
    async with asyncio.timeout(60):
        while run.pk not in driver._again:
            await asyncio.sleep(0.02)
    await driver.stop()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not driver._tasks and not driver._again
    assert (await in_db(AgentRun.unscoped.get)).claimed_by == ""
    assert told(await in_db(events.stored, conversations["A"].pk, 0)) == "A one "
