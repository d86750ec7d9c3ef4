"""Reading a conversation's events, stored and to come, without a gap; async."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voiceassist.conversations.choices import OPEN_RUNS, PAUSED_RUNS, ProposalStatus
from voiceassist.conversations.loop.frames import RESTS, UNKNOWN, Frame
from voiceassist.conversations.models import AgentRun, ToolProposal
from voiceassist.conversations.services import events
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.live import live

HEARTBEAT_SECONDS = 10.0
_PAGE = 500
_GAP_TRIES = 20
_GAP_SECONDS = 0.05


async def follow(conversation_id: int, after: int, *, to_rest: bool) -> AsyncIterator[Frame | None]:
    """Yield the events after a number, in order, each once; None when nothing came for a while.

    Args:
        to_rest: end where nothing more comes by itself; else only the reader ends it.
    """
    subscription = await live.subscribe(conversation_id)
    try:
        # Before the rows are read: what is at rest now has stored all of its events.
        resting = to_rest and await threads.run(at_rest, conversation_id)
        last, newest = after, ""
        async for frame in _stored(conversation_id, last):
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
    rows = AgentRun.unscoped.filter(conversation=conversation_id, status__in=OPEN_RUNS)
    run = rows.only("pk", "status").first()
    if run is None:
        return True
    if run.status not in PAUSED_RUNS:
        return False
    moving = (ProposalStatus.PROPOSED, ProposalStatus.EXECUTING)
    return not ToolProposal.unscoped.filter(run=run, status__in=moving).exists()


async def _stored(conversation_id: int, after: int) -> AsyncIterator[Frame]:
    while True:
        frames = await threads.run(events.stored, conversation_id, after, _PAGE)
        for frame in frames:
            yield frame
        if len(frames) < _PAGE:
            return
        after = frames[-1].seq


async def _gap(conversation_id: int, after: int, before: int) -> AsyncIterator[Frame]:
    """Yield what lies between two numbers; what another process shows is stored a moment later."""
    for _ in range(_GAP_TRIES):
        async for frame in _stored(conversation_id, after):
            after = frame.seq
            yield frame
        if after >= before:
            return
        await asyncio.sleep(_GAP_SECONDS)
