"""One listener per process between the channel layer and the page sockets.

Imports the transport and the reader. Stored events are always read from their rows, in order:
a frame from the layer only says that there is something to read. So a frame that the layer
drops, doubles or overtakes costs a moment, never an event.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.db import Error as DatabaseError

from voiceassist.foundation.events.reading import PAGE, EventReader, Position
from voiceassist.foundation.events.transport import group_name, live_loop
from voiceassist.foundation.events.viewer import Frame, TopicLog, Viewer

log = logging.getLogger(__name__)

SWEEP_SECONDS = 5.0
LAYER_TIMEOUT_SECONDS = 5.0


class WatchedTopic:
    """A topic of one organization that somebody in this process watches."""

    def __init__(self, organization_id: int, topic: str, head: int) -> None:
        self.organization_id = organization_id
        self.topic = topic
        self.log = TopicLog(head)
        self.viewers: set[Viewer] = set()
        self.stale = False

    @property
    def position(self) -> Position:
        """Where the log ends."""
        return Position(self.organization_id, self.topic, self.log.head)

    def take(self, frames: list[Frame]) -> None:
        """Add frames read from the database and wake the viewers."""
        if self.log.extend(frames):
            for viewer in self.viewers:
                viewer.wake()


class Hub:
    """Joins one group per watched topic: the first viewer joins it, the last one leaves it."""

    def __init__(self) -> None:
        self._topics: dict[tuple[int, str], WatchedTopic] = {}
        self._reader = EventReader()
        self._changing = asyncio.Lock()
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def topics(self) -> set[tuple[int, str]]:
        """The watched topics as (organization id, topic)."""
        return set(self._topics)

    async def watch(self, organization_id: int, topic: str, after: int | None) -> Viewer:
        """Start a viewer that first gets what was stored after `after`; None means from now on.

        Raises:
            django.db.Error: the database cannot be reached.
        """
        key = (organization_id, topic)
        async with self._changing:
            watched = self._topics.get(key) or await self._open(key)
            while after is not None and after > watched.log.head:
                if not await self._refresh(watched):
                    break
            # Nothing newer is stored: a higher number was made up, or is from another database.
            start = watched.log.head if after is None else min(after, watched.log.head)
            viewer = Viewer(watched.log, start, lambda seq: self._page(key, seq))
            watched.viewers.add(viewer)
        return viewer

    async def leave(self, organization_id: int, topic: str, viewer: Viewer) -> None:
        """End a viewer."""
        key = (organization_id, topic)
        async with self._changing:
            watched = self._topics[key]
            watched.viewers.discard(viewer)
            if watched.viewers:
                return
            del self._topics[key]
            await self._layer("group_discard", group_name(*key), self._channel)
            if not self._topics:
                await self._stop()

    async def _open(self, key: tuple[int, str]) -> WatchedTopic:
        # Before anything else: where the database fails, nothing has been started.
        log_start = await self._reader.newest(*key)
        if not self._tasks:
            await self._start()
        await self._layer("group_add", group_name(*key), self._channel)
        watched = self._topics[key] = WatchedTopic(*key, log_start)
        # What was stored before the group was joined came with no frame.
        self._nudge(watched)
        return watched

    async def _start(self) -> None:
        # The in-memory layer's queues belong to the loop that reads them.
        live_loop.bind(asyncio.get_running_loop())
        self._channel = await self._layer("new_channel") or "live.unconnected"
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._sweep())]

    async def _stop(self) -> None:
        tasks = [*self._tasks, *([self._refreshing] if self._refreshing else [])]
        self._tasks, self._refreshing = [], None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._reader.release()

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while layer is not None:
            try:
                self._receive(await layer.receive(self._channel))
            except Exception:
                log.warning("live layer not readable, trying again", exc_info=True)
                await asyncio.sleep(1)

    def _receive(self, message: dict[str, Any]) -> None:
        watched = self._topics.get((message["organization_id"], message["topic"]))
        if watched is None:
            return
        frame = message["frame"]
        if frame["seq"] is None:
            for viewer in watched.viewers:
                viewer.show(frame)
        elif frame["seq"] > watched.log.head:
            self._nudge(watched)

    async def _sweep(self) -> None:
        # Covers every loss of the layer: Redis restarted, a full queue, a group that expired.
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for key, watched in list(self._topics.items()):
                await self._layer("group_add", group_name(*key), self._channel)
                self._nudge(watched)

    def _nudge(self, watched: WatchedTopic) -> None:
        watched.stale = True
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh_stale())

    async def _refresh_stale(self) -> None:
        while stale := [watched for watched in self._topics.values() if watched.stale]:
            for watched in stale:
                watched.stale = False
            try:
                pages = await self._reader.pages([watched.position for watched in stale])
            except DatabaseError:
                log.warning("stored events not readable, trying again at the next sweep")
                return
            for watched, frames in zip(stale, pages, strict=True):
                self._take(watched, frames)

    async def _refresh(self, watched: WatchedTopic) -> bool:
        [frames] = await self._reader.pages([watched.position])
        self._take(watched, frames)
        return bool(frames)

    def _take(self, watched: WatchedTopic, frames: list[Frame]) -> None:
        # Two reads may overlap; what the other one brought is left out.
        watched.take([frame for frame in frames if frame["seq"] > watched.log.head])
        watched.stale = watched.stale or len(frames) == PAGE

    async def _page(self, key: tuple[int, str], after: int) -> tuple[list[Frame], bool]:
        [frames] = await self._reader.pages([Position(*key, after)])
        return frames, len(frames) == PAGE

    async def _layer(self, name: str, *arguments: str) -> Any:
        layer = get_channel_layer()
        if layer is None:
            return None
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_SECONDS):
                return await getattr(layer, name)(*arguments)
        except Exception:
            log.warning("live layer not reachable: %s", name, exc_info=True)
            return None


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """Return the hub of the running loop; a process that serves pages has one loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
