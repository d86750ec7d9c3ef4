"""The way between processes: Channels groups, sent from any thread without blocking it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ParamSpec

import uvloop
from channels.layers import get_channel_layer

log = logging.getLogger(__name__)

P = ParamSpec("P")
FRAME_SECONDS = 0.02


class LiveLoop:
    """The one event loop of this process that talks to the channel layer.

    The server binds its own loop at start; a worker or command gets a small background thread.
    One loop means one Redis connection, and none of the "event loop is closed" of `async_to_sync`.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use `loop` from now on; called by the server when it starts."""
        self._loop = loop

    def unbind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Forget `loop`, which is about to close."""
        if self._loop is loop:
            self._loop = None

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start `work` on the loop and return at once; failures are logged."""
        loop = self._current()
        asyncio.run_coroutine_threadsafe(work, loop).add_done_callback(_log_failure)

    def call(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call `work` on the loop soon; from any thread."""
        self._current().call_soon_threadsafe(partial(work, *args, **kwargs))

    def _current(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                self._loop = uvloop.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="live-events", daemon=True
                ).start()
            return self._loop


class Frames:
    """What pages are to be shown, sent one after the other a moment later; on the live loop.

    Whoever waits for the outcome of a run goes first: pages can wait for 20 ms.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._sending: asyncio.Task[None] | None = None

    def put(self, group: str, message: dict[str, Any]) -> None:
        """Send `message` to every process in a group, after those before it."""
        self._waiting.append((group, message))
        loop, task = asyncio.get_running_loop(), self._sending
        if task is None or task.done() or task.get_loop() is not loop:
            self._sending = loop.create_task(self._send())

    async def _send(self) -> None:
        await asyncio.sleep(FRAME_SECONDS)
        while self._waiting:
            try:
                await group_send(*self._waiting.popleft())
            except Exception:
                log.warning("live event not delivered", exc_info=True)


live_loop = LiveLoop()
_frames = Frames()
_here: dict[str, Callable[[dict[str, Any]], None]] = {}


def group_name(organization_id: int, topic: str) -> str:
    """Return the Channels group of a topic; only ASCII letters, digits, `-`, `_`, `.`."""
    return f"live.{organization_id}.{topic.replace(':', '.')}"


def send(organization_id: int, topic: str, frame: dict[str, Any]) -> None:
    """Hand a frame to every process that has viewers of the topic; never blocks, never raises."""
    message = {
        "type": "live.frame",
        "organization_id": organization_id,
        "topic": topic,
        "frame": frame,
    }
    live_loop.call(_frames.put, group_name(organization_id, topic), message)


def broadcast(group: str, message: dict[str, Any]) -> None:
    """Send `message` to every process in a group of its own; never blocks, never raises."""
    live_loop.run(group_send(group, message))


def listen_here(channel: str, take: Callable[[dict[str, Any]], None]) -> None:
    """Take replies to a channel of this process directly, on the live loop."""
    _here[channel] = take


def listen_no_more(channel: str) -> None:
    """Undo `listen_here`."""
    _here.pop(channel, None)


def reply(channel: str, message: dict[str, Any]) -> None:
    """Send `message` to the one process that listens on `channel`; never blocks, never raises.

    Where that is this process, the way through the channel layer is spared.
    """
    take = _here.get(channel)
    if take is not None:
        live_loop.call(take, message)
    else:
        live_loop.run(_send(channel, message))
        time.sleep(0)  # somebody waits for it: the loop's thread goes first, then this one goes on


async def group_send(group: str, message: dict[str, Any]) -> None:
    """Send `message` to every process in a group of its own; on the live loop.

    Raises whatever the channel layer does where it cannot be reached.
    """
    layer = get_channel_layer()
    if layer is not None:
        await layer.group_send(group, message)


async def _send(channel: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await layer.send(channel, message)


def _log_failure(task: Any) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("live event not delivered", exc_info=task.exception())
