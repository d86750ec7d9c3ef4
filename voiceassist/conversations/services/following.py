"""Reading a conversation's events, stored and to come, without a gap; async."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voiceassist.conversations.choices import PAUSED_RUNS, ProposalStatus
from voiceassist.conversations.loop.frames import RESTS, UNKNOWN, Frame
from voiceassist.conversations.models import AgentRun
from voiceassist.conversations.services import events, rows
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.live import live

HEARTBEAT_SECONDS = 10.0
_GAP_TRIES = 200
_GAP_SECONDS = 0.05


async def follow(conversation_id: int, after: int, *, to_rest: bool) -> AsyncIterator[Frame | None]:
    """Yield the events after a number, in order, each once; None when nothing came for a while.

    Args:
        to_rest: end where nothing more comes by itself; else only the reader ends it.
    """
    subscription = await live.subscribe(conversation_id)
    try:
        resting, frames = await threads.run(_opening, conversation_id, after, to_rest)
        last, newest = after, ""
        async for frame in _stored(conversation_id, last, frames):
            last, newest = frame.seq, frame.type
            yield frame
        if to_rest and not resting and newest in RESTS:
            resting = await threads.run(at_rest, conversation_id)
        while not resting:
            frames = await subscription.take(HEARTBEAT_SECONDS)
            missed = not frames or subscription.lost
            subscription.lost = False
            rests = False
            for frame in frames:
                if frame.seq <= last:
                    continue
                if frame.prev > last or frame.prev == UNKNOWN:
                    async for earlier in _gap(conversation_id, last, frame.prev):
                        last, rests = earlier.seq, rests or earlier.type in RESTS
                        yield earlier
                if frame.seq > last:
                    last, rests = frame.seq, rests or frame.type in RESTS
                    yield frame
            # A pause may be over already: another answer was taken, or another message.
            if to_rest and rests:
                resting = await threads.run(at_rest, conversation_id)
            if missed:
                resting = resting or (to_rest and await threads.run(at_rest, conversation_id))
                async for frame in _stored(conversation_id, last):
                    last = frame.seq
                    yield frame
                if not frames:
                    yield None
    finally:
        live.leave(conversation_id, subscription)


def at_rest(conversation_id: int) -> bool:
    """Return whether nothing goes on by itself: no run is open, or it waits for people only."""
    run = rows.open_run(conversation_id)
    if run is None:
        return True
    if run.status not in PAUSED_RUNS:
        return False
    # Both at one moment: with the last answer its calls rest, and it goes on.
    paused = AgentRun.unscoped.filter(pk=run.pk, status__in=PAUSED_RUNS)
    moving = (ProposalStatus.PROPOSED, ProposalStatus.EXECUTING)
    return paused.exclude(proposals__status__in=moving).exists()


def _opening(conversation_id: int, after: int, to_rest: bool) -> tuple[bool, list[Frame]]:
    """Return whether a stream ends with what is stored, and the first of that."""
    # Before the rows are read: what is at rest now has stored all of its events.
    resting = to_rest and at_rest(conversation_id)
    return resting, events.stored(conversation_id, after)


async def _stored(
    conversation_id: int, after: int, first: list[Frame] | None = None
) -> AsyncIterator[Frame]:
    """Yield what is stored after a number; `first`: the beginning of it, where it was read."""
    frames = first
    while True:
        if frames is None:
            frames = await threads.run(events.stored, conversation_id, after)
        for frame in frames:
            yield frame
        if len(frames) < events.PAGE:
            return
        after, frames = frames[-1].seq, None


async def _gap(conversation_id: int, after: int, before: int) -> AsyncIterator[Frame]:
    """Yield what lies between two numbers; what another process shows is stored a moment later.

    It is waited for ten seconds at most: a process that died stores nothing any more.
    """
    for _ in range(_GAP_TRIES):
        async for frame in _stored(conversation_id, after):
            after = frame.seq
            yield frame
        if after >= before:
            return
        await asyncio.sleep(_GAP_SECONDS)
