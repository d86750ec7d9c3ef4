"""Events on their way to open streams: at once in this process, over the channel layer to others.

Nothing here is stored and nothing is promised: a stream that misses events reads them from rows.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from typing import Any

from channels.layers import get_channel_layer

from voiceassist.conversations.loop.frames import Frame
from voiceassist.foundation.events.transport import broadcast, live_loop

log = logging.getLogger(__name__)

MOST_WAITING = 2_000
_TYPE = "conversation.frames"


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
    """The open streams of this process; it joins one group per conversation that is watched."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self._watched: dict[int, set[Subscription]] = {}
        self._channel = ""
        self._layer: Any = None
        self._listening: asyncio.Task[None] | None = None

    async def subscribe(self, conversation_id: int) -> Subscription:
        """Begin to take a conversation's events."""
        subscription = Subscription()
        others = self._watched.setdefault(conversation_id, set())
        others.add(subscription)
        if len(others) == 1:
            await self._join(conversation_id)
        return subscription

    async def leave(self, conversation_id: int, subscription: Subscription) -> None:
        """Take them no longer."""
        others = self._watched.get(conversation_id, set())
        others.discard(subscription)
        if not others and self._watched.pop(conversation_id, None) is not None:
            await self._in_layer("group_discard", _group(conversation_id), self._channel)

    def publish(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        """Hand events to all streams; from any thread."""
        self.publish_here(conversation_id, frames)
        self.publish_elsewhere(conversation_id, frames)

    def publish_here(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        """Hand events to the streams of this process; from any thread, at once on the loop."""
        if conversation_id not in self._watched:
            return
        task = self._listening
        if task is not None and _running() is task.get_loop():
            self._give(conversation_id, frames)
        elif task is not None:
            task.get_loop().call_soon_threadsafe(self._give, conversation_id, frames)

    def publish_elsewhere(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        """Hand events to the other processes' streams."""
        told = [[each.seq, each.prev, each.type, each.data] for each in frames]
        message = {"type": _TYPE, "from": self.name, "to": conversation_id, "frames": told}
        broadcast(_group(conversation_id), message)

    def _give(self, conversation_id: int, frames: Sequence[Frame]) -> None:
        for subscription in self._watched.get(conversation_id, ()):
            subscription.put(frames)

    async def _join(self, conversation_id: int) -> None:
        layer = get_channel_layer()
        task = self._listening
        loop = asyncio.get_running_loop()
        if task is None or task.done() or task.get_loop() is not loop or layer is not self._layer:
            self._layer = layer
            live_loop.bind(loop)
            self._channel = await layer.new_channel("conversations") if layer else ""
            self._listening = asyncio.create_task(self._listen(layer, self._channel))
        await self._in_layer("group_add", _group(conversation_id), self._channel)

    async def _listen(self, layer: Any, channel: str) -> None:
        while layer is not None:
            try:
                self._received(await layer.receive(channel))
            except Exception:
                log.warning("events of other processes not readable, trying again", exc_info=True)
                await asyncio.sleep(1)
        await asyncio.Event().wait()

    def _received(self, message: dict[str, Any]) -> None:
        if message.get("type") == _TYPE and message["from"] != self.name:
            self._give(message["to"], [Frame(*each) for each in message["frames"]])

    async def _in_layer(self, name: str, *arguments: str) -> None:
        if self._layer is None:
            return
        try:
            await getattr(self._layer, name)(*arguments)
        except Exception:
            log.warning("live layer not reachable: %s", name, exc_info=True)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _group(conversation_id: int) -> str:
    return f"conversation.{conversation_id}"


live = Live()
