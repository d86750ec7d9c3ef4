"""The steps that this process streams: their text stored and their leases kept, all together.

One transaction every 200 ms however many streams there are: with one per stream, 200 of them took
the interpreter from the event loop that shows the text.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from voiceassist.conversations.services import leases
from voiceassist.conversations.services.database import writers
from voiceassist.conversations.services.live import live
from voiceassist.conversations.services.speaking import Speaker
from voiceassist.conversations.services.stepping import StepPlan

log = logging.getLogger(__name__)

STORE_SECONDS = 0.2
KEEP_SECONDS = 5.0


class Writer:
    """Looks after the speakers of steps from `open` to `close`; on the live loop."""

    def __init__(self) -> None:
        self._speakers: dict[int, Speaker] = {}
        self._writing: asyncio.Task[None] | None = None
        self._round: asyncio.Future[None] | None = None
        self._kept_at = 0.0

    @property
    def steps(self) -> tuple[Speaker, ...]:
        """Those it looks after."""
        return tuple(self._speakers.values())

    def open(self, plan: StepPlan) -> Speaker:
        """Return the speaker of a step that this process has claimed."""
        speaker = self._speakers[plan.run_id] = Speaker(plan)
        loop, task = asyncio.get_running_loop(), self._writing
        if task is None or task.done() or task.get_loop() is not loop:
            self._kept_at = time.monotonic()
            self._writing = loop.create_task(self._write())
        return speaker

    async def close(self, speaker: Speaker) -> None:
        """Look after a speaker no longer; what it has unstored by then is the caller's."""
        self.forget(speaker)
        if self._round is not None and self._round.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([self._round])

    def forget(self, speaker: Speaker) -> None:
        """Look after a speaker no longer, whatever is under way."""
        if self._speakers.get(speaker.plan.run_id) is speaker:
            del self._speakers[speaker.plan.run_id]

    async def _write(self) -> None:
        while self._speakers:
            await asyncio.sleep(STORE_SECONDS)
            self._round = asyncio.ensure_future(self._write_once(self.steps))
            try:
                await asyncio.shield(self._round)
            except Exception:
                log.exception("text of conversations could not be stored; it is kept for later")
            self._round = None

    async def _write_once(self, speakers: Sequence[Speaker]) -> None:
        """Store what is unstored, renew leases now and then, and tell whose run is lost."""
        if not speakers:
            return
        unstored = [(each, each.unstored) for each in speakers if each.unstored.texts]
        runs = [each.plan.run_id for each in speakers]
        keeps = time.monotonic() - self._kept_at >= KEEP_SECONDS
        pieces = [each for _, each in unstored]
        ours = await writers.run_open(leases.look_after, live.name, runs, pieces, renew=keeps)
        if keeps:
            self._kept_at = time.monotonic()
        for speaker, stored in unstored:
            speaker.stored(stored)
        for speaker in speakers:
            if speaker.plan.run_id not in ours:
                speaker.lost.set()


writer = Writer()
