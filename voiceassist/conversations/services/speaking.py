"""The text of one step, as it is said: numbered, and shown to open streams at once."""

from __future__ import annotations

import asyncio

from voiceassist.conversations.loop.frames import TEXT, Frame
from voiceassist.conversations.services.events import Pieces
from voiceassist.conversations.services.live import live
from voiceassist.conversations.services.stepping import StepPlan


class Speaker:
    """Numbers the pieces of a step's text; on one event loop.

    `lost` is set once the run is no longer this process's: somebody stopped it, or took it over.
    """

    def __init__(self, plan: StepPlan) -> None:
        self.plan = plan
        self.lost = asyncio.Event()
        self._said: list[str] = []
        self._stored = 0

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "".join(self._said)

    @property
    def last_seq(self) -> int:
        """The number of the newest piece."""
        return self.plan.first_seq + len(self._said) - 1

    @property
    def unstored(self) -> Pieces:
        """What is not in the database yet."""
        first = self.plan.first_seq + self._stored
        return Pieces(self.plan.conversation, first, tuple(self._said[self._stored :]))

    def say(self, piece: str) -> None:
        """Show a piece of text."""
        seq = self.last_seq + 1
        self._said.append(piece)
        live.publish_text(self.plan.conversation.pk, Frame(seq, seq - 1, TEXT, {"delta": piece}))

    def stored(self, pieces: Pieces) -> None:
        """Take note that pieces are in the database."""
        self._stored += len(pieces.texts)
