"""The live calls of this process: found by control messages, drained at shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from calls.bridge.session import Session
from calls.services.journal import CallJournal


@dataclass(slots=True)
class LiveCall:
    """One stream that is open in this process."""

    call_id: int
    session: Session
    journal: CallJournal
    drop: Callable[[], None]  # closes the stream so that the caller goes on elsewhere


class LiveCalls:
    """The process's streams by call id; `draining` refuses new ones."""

    def __init__(self) -> None:
        self._calls: dict[int, LiveCall] = {}
        self.draining = False

    def add(self, call: LiveCall) -> None:
        """A stream opened."""
        self._calls[call.call_id] = call

    def remove(self, call: LiveCall) -> None:
        """A stream closed; a newer one of the same call stays."""
        if self._calls.get(call.call_id) is call:
            del self._calls[call.call_id]

    def get(self, call_id: int) -> LiveCall | None:
        """Return the call's stream, or None where it is not here."""
        return self._calls.get(call_id)

    def __len__(self) -> int:
        return len(self._calls)

    async def drain(self, timeout_s: float) -> None:
        """Take no more calls and let the live ones end; after `timeout_s` say goodbye to them."""
        self.draining = True
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while self._calls and loop.time() < until:
            await asyncio.sleep(0.1)
        for call in list(self._calls.values()):
            call.drop()
        while self._calls and loop.time() < until + 3:
            await asyncio.sleep(0.05)


live_calls = LiveCalls()
