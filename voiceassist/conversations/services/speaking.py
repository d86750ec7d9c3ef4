"""The text of one step on its way: to open streams at once, to the database every 200 ms."""

from __future__ import annotations

import asyncio
import logging

from voiceassist.conversations.loop.frames import TEXT, Frame
from voiceassist.conversations.services import stepping
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.live import live
from voiceassist.conversations.services.stepping import StepPlan

log = logging.getLogger(__name__)

STORE_SECONDS = 0.2
ELSEWHERE_SECONDS = 0.04


class Speaker:
    """Numbers the pieces of a step's text; on one event loop.

    `lost` is set once the run is no longer this process's: somebody stopped it, or took it over.
    """

    def __init__(self, plan: StepPlan) -> None:
        self._plan = plan
        self._next = plan.first_seq
        self._said: list[str] = []
        self._unstored: list[str] = []
        self._unsent: list[Frame] = []
        self._sending: asyncio.TimerHandle | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._storing: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "".join(self._said)

    @property
    def last_seq(self) -> int:
        """The number of the newest piece."""
        return self._next - 1

    def say(self, piece: str) -> None:
        """Show a piece of text."""
        frame = Frame(self._next, self._next - 1, TEXT, {"delta": piece})
        self._next += 1
        live.publish_here(self._plan.conversation.pk, (frame,))
        self._said.append(piece)
        self._unstored.append(piece)
        self._unsent.append(frame)
        loop = asyncio.get_running_loop()
        if self._sending is None:
            self._send()
            self._sending = loop.call_later(ELSEWHERE_SECONDS, self._send_rest)
        if self._waiting is None and self._storing is None:
            self._waiting = loop.call_later(STORE_SECONDS, self._store)

    async def close(self) -> None:
        """Store and send what is left."""
        for timer in (self._waiting, self._sending):
            if timer is not None:
                timer.cancel()
        if self._storing is not None:
            await self._storing
        self._send()
        if self._unstored:
            await self._store_now()

    def _send_rest(self) -> None:
        self._sending = None
        if self._unsent:
            self._send()
            loop = asyncio.get_running_loop()
            self._sending = loop.call_later(ELSEWHERE_SECONDS, self._send_rest)

    def _send(self) -> None:
        frames, self._unsent = self._unsent, []
        if frames:
            live.publish_elsewhere(self._plan.conversation.pk, frames)

    def _store(self) -> None:
        self._waiting = None
        self._storing = asyncio.get_running_loop().create_task(self._store_and_go_on())

    async def _store_and_go_on(self) -> None:
        try:
            await self._store_now()
        except Exception:
            log.exception("text of a conversation could not be stored; it is kept for later")
        self._storing = None
        if self._unstored and self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(STORE_SECONDS, self._store)

    async def _store_now(self) -> None:
        pieces = self._unstored
        first = self._next - len(pieces)
        self._unstored = []
        try:
            if not await threads.run(stepping.store_pieces, self._plan, first, pieces):
                self.lost.set()
        except BaseException:
            self._unstored = pieces + self._unstored
            raise
