"""Events on their way to open streams: at once in this process, over the channel layer to others.

Nothing here is stored and nothing is promised: a stream that misses events reads them from rows.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer

from voiceassist.conversations.loop.frames import Frame
from voiceassist.foundation.events.transport import group_send, live_loop

log = logging.getLogger(__name__)

MOST_WAITING = 2_000
TEXT_SECONDS = 0.04
JOIN_SECONDS = 2.0
_TYPE = "conversation.frames"
_GROUP = "conversations"


class Subscription:
    """What one open stream has not read yet; `lost` once it was too slow."""

    def __init__(self) -> None:
        self.lost = False
        self._frames: deque[Frame] = deque()
        self._wake = asyncio.Event()

    def put(self, frames: Sequence[Frame]) -> None:
        """Add events; on the loop."""
        if len(self._frames) + len(frames) > MOST_WAITING:
            self._frames.clear()
            self.lost = True
        else:
            self._frames.extend(frames)
        self._wake.set()

    async def take(self, seconds: float) -> list[Frame]:
        """Return what has come; empty after so many seconds without anything."""
        if not self._frames and not self.lost:
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return []
        self._wake.clear()
        frames = list(self._frames)
        self._frames.clear()
        return frames


class Live:
    """The open streams of this process, and the way to those of others.

    All processes are in one group: text of many conversations goes out together every 40 ms.
    """

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self._watched: dict[int, set[Subscription]] = {}
        self._layer: Any = None
        self._listening: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()
        self._outbox: dict[int, list[Frame]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._now = asyncio.Event()

    async def subscribe(self, conversation_id: int) -> Subscription:
        """Begin to take a conversation's events."""
        subscription = Subscription()
        self._watched.setdefault(conversation_id, set()).add(subscription)
        await self._listen()
        return subscription

    def leave(self, conversation_id: int, subscription: Subscription) -> None:
        """Take them no longer."""
        others = self._watched.get(conversation_id, set())
        others.discard(subscription)
        if not others:
            self._watched.pop(conversation_id, None)

    def publish(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        """Hand events to all streams; from any thread."""
        if conversation_id in self._watched:
            self._give_soon(conversation_id, frames)
        live_loop.call(self._post, conversation_id, frames)

    def publish_text(self, conversation_id: int, frame: Frame) -> None:
        """Hand a piece of text to all streams, to other processes' a moment later; on the loop."""
        self._give(conversation_id, (frame,))
        self._put(conversation_id, (frame,))

    def _give_soon(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        task = self._listening
        if task is not None and _running() is task.get_loop():
            self._give(conversation_id, frames)
        elif task is not None:
            task.get_loop().call_soon_threadsafe(self._give, conversation_id, frames)

    def _give(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        for subscription in self._watched.get(conversation_id, ()):
            subscription.put(frames)

    def _post(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        self._put(conversation_id, frames)
        self._now.set()

    def _put(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        """Add to what is sent to other processes next."""
        self._outbox.setdefault(conversation_id, []).extend(frames)
        loop, task = asyncio.get_running_loop(), self._sending
        if task is None or task.done() or task.get_loop() is not loop:
            self._now = asyncio.Event()
            self._sending = loop.create_task(self._send())

    async def _send(self) -> None:
        while self._outbox:
            with suppress(TimeoutError):
                async with asyncio.timeout(TEXT_SECONDS):
                    await self._now.wait()
            self._now.clear()
            outbox, self._outbox = self._outbox, {}
            told = [
                [conversation_id, [[each.seq, each.prev, each.type, each.data] for each in frames]]
                for conversation_id, frames in outbox.items()
            ]
            try:
                await group_send(_GROUP, {"type": _TYPE, "from": self.name, "told": told})
            except Exception:
                log.warning("events not sent to other processes", exc_info=True)

    async def _listen(self) -> None:
        """Be in the group from now on."""
        layer, task, loop = get_channel_layer(), self._listening, asyncio.get_running_loop()
        if task is None or task.done() or task.get_loop() is not loop or layer is not self._layer:
            self._layer, self._joined = layer, asyncio.Event()
            live_loop.bind(loop)
            self._listening = loop.create_task(self._receive(layer, self._joined))
        with suppress(TimeoutError):
            async with asyncio.timeout(JOIN_SECONDS):
                await self._joined.wait()

    async def _receive(self, layer: Any, joined: asyncio.Event) -> None:
        channel = ""
        while layer is not None:
            try:
                if not channel:
                    channel = await layer.new_channel("conversations")
                    await layer.group_add(_GROUP, channel)
                    joined.set()
                self._received(await layer.receive(channel))
            except Exception:
                log.warning("events of other processes not readable, trying again", exc_info=True)
                channel = ""
                await asyncio.sleep(1)
        joined.set()
        await asyncio.Event().wait()

    def _received(self, message: dict[str, Any]) -> None:
        if message.get("type") == _TYPE and message["from"] != self.name:
            for conversation_id, frames in message["told"]:
                if conversation_id in self._watched:
                    self._give(conversation_id, [Frame(*each) for each in frames])


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


live = Live()
