"""Waiting for outcomes without asking again and again; imports Channels and the live loop.

One listener per process has one channel on the channel layer. Runs name it in `reply_to`; the
worker that ends a run sends the outcome there, and the listener wakes whoever expects it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

from tools_library.engine.types import ToolOutcome
from tools_library.services.reporting import OUTCOME, outcome_from
from voiceassist.foundation.events.transport import listen_here, listen_no_more, live_loop

log = logging.getLogger(__name__)

Callback = Callable[[ToolOutcome], None]

_EARLY_KEPT = 1_000
_START_SECONDS = 10.0


class OutcomeListener:
    """Receives outcomes on the event loop it was started on.

    An outcome may arrive before anybody expects it: the newest 1,000 such are kept.
    """

    def __init__(self) -> None:
        self.channel = ""
        self._lock = threading.Lock()
        self._expected: dict[str, Callback] = {}
        self._early: OrderedDict[str, ToolOutcome] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self._layer: Any = None

    @property
    def running(self) -> bool:
        """Whether outcomes are received, over the channel layer that is in use."""
        task = self._task
        alive = task is not None and not task.done() and not task.get_loop().is_closed()
        return alive and self._layer is get_channel_layer()

    async def start(self) -> None:
        """Take a channel and listen on the running loop; a second call changes nothing.

        Raises:
            RuntimeError: no channel layer is configured.
        """
        if self.running:
            return
        layer = get_channel_layer()
        if layer is None:
            raise RuntimeError("Outcomes need a channel layer.")
        self._layer = layer
        self.channel = await layer.new_channel("outcomes")
        self._task = asyncio.create_task(self._listen(layer, self.channel), name="outcomes")
        listen_here(self.channel, self._received)

    async def stop(self) -> None:
        """Give the channel back."""
        if self._task is not None:
            listen_no_more(self.channel)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def expect(self, execution_id: UUID | str, callback: Callback) -> None:
        """Call `callback` with the run's outcome, once; from any thread.

        It is called on the listener's loop and must not block; at once, on the caller's thread,
        where the outcome is already here.
        """
        key = str(execution_id)
        with self._lock:
            outcome = self._early.pop(key, None)
            if outcome is None:
                self._expected[key] = callback
        if outcome is not None:
            callback(outcome)

    def forget(self, execution_id: UUID | str) -> None:
        """Expect a run no longer."""
        with self._lock:
            self._expected.pop(str(execution_id), None)

    async def wait(self, execution_id: UUID | str, seconds: float | None = None) -> ToolOutcome:
        """Return the run's outcome; on any event loop.

        Raises:
            TimeoutError: none came within `seconds`.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[ToolOutcome] = loop.create_future()

        def settle(outcome: ToolOutcome) -> None:
            if not future.done():
                future.set_result(outcome)

        def wake(outcome: ToolOutcome) -> None:
            loop.call_soon_threadsafe(settle, outcome)

        self.expect(execution_id, wake)
        try:
            return await asyncio.wait_for(future, seconds)
        finally:
            self.forget(execution_id)

    async def _listen(self, layer: Any, channel: str) -> None:
        while True:
            try:
                self._received(await layer.receive(channel))
            except Exception:
                log.exception("an outcome could not be received")
                await asyncio.sleep(1)

    def _received(self, message: dict[str, Any]) -> None:
        if message.get("type") != OUTCOME:
            return
        key, outcome = message["execution_id"], outcome_from(message)
        with self._lock:
            callback = self._expected.pop(key, None)
            if callback is None:
                self._early[key] = outcome
                while len(self._early) > _EARLY_KEPT:
                    self._early.popitem(last=False)
        if callback is not None:
            try:
                callback(outcome)
            except Exception:
                log.exception("whoever waited for %s could not take its outcome", key)


process_listener = OutcomeListener()
"""The one of this process. A server starts it on its own loop, after binding the live loop."""


def start_from_thread() -> OutcomeListener:
    """Return the process's listener, started on the live loop; for callers that block.

    Raises:
        RuntimeError: called on an event loop, which it would block.
    """
    if process_listener.running:
        return process_listener
    ready: Future[None] = Future()

    async def begin() -> None:
        try:
            await process_listener.start()
            ready.set_result(None)
        except Exception as error:
            ready.set_exception(error)

    live_loop.run(begin())
    ready.result(_START_SECONDS)
    return process_listener
