"""The live calls of this process: found by control messages, drained at shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from calls.bridge.session import Session
from calls.services.errors import ServerStopping
from calls.services.journal import CallJournal

DROP_S = 3.0  # for dropped streams to store their end


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
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False

    def add(self, call: LiveCall) -> None:
        """A stream opened; an older one of the same call is a line that was lost unnoticed."""
        older = self._calls.get(call.call_id)
        if older is not None:
            older.drop()
        self._calls[call.call_id] = call
        self._empty.clear()

    def remove(self, call: LiveCall) -> None:
        """A stream closed; a newer one of the same call stays."""
        if self._calls.get(call.call_id) is call:
            del self._calls[call.call_id]
        if not self._calls:
            self._empty.set()

    def get(self, call_id: int) -> LiveCall | None:
        """Return the call's stream, or None where it is not here."""
        return self._calls.get(call_id)

    def check(self) -> None:
        """Answer the health check: a server that drains gets no more traffic.

        Raises:
            ServerStopping: no calls are taken any more.
        """
        if self.draining:
            raise ServerStopping("This server takes no more calls.")

    def __len__(self) -> int:
        return len(self._calls)

    async def drain(self, timeout_s: float) -> None:
        """Take no more calls and let the live ones end; those that last longer are dropped.

        A dropped caller stays on the line: the redirect behind the stream rings the next server.
        """
        self.draining = True
        if await self._emptied(timeout_s):
            return
        for call in list(self._calls.values()):
            call.drop()
        await self._emptied(DROP_S)

    async def _emptied(self, timeout_s: float) -> bool:
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            return False
        return True


live_calls = LiveCalls()
