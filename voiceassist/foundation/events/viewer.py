"""What one page socket still has to send: stored frames in order, passing ones merged.

Pure asyncio; imports no Django.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

Frame = dict[str, Any]

FRAMES_PER_SECOND = 20
LOG_LENGTH = 500
PASSING_LIMIT = 64


class TopicLog:
    """The newest stored frames of a topic, shared by its viewers.

    `floor` and `head` are seqs: every frame after `floor` up to `head` is in the log.
    """

    def __init__(self, head: int) -> None:
        self.floor = self.head = head
        self._frames: deque[Frame] = deque()

    def extend(self, frames: Iterable[Frame]) -> bool:
        """Add frames newer than `head`; return whether there were any."""
        before = self.head
        for frame in frames:
            self._frames.append(frame)
            self.head = frame["seq"]
        while len(self._frames) > LOG_LENGTH:
            self.floor = self._frames.popleft()["seq"]
        return self.head != before

    def after(self, seq: int) -> list[Frame]:
        """Return the frames after `seq`, which must not lie below `floor`."""
        if seq >= self.head:
            return []
        return [frame for frame in self._frames if frame["seq"] > seq]


class Passing:
    """Frames that are not stored, merged while they wait, so that a slow viewer costs no memory.

    Frames about one item become one, with its newest data and the deltas joined; of the others
    only the newest of each type is kept.
    """

    def __init__(self) -> None:
        self._frames: dict[tuple[str, str], Frame] = {}

    def put(self, frame: Frame) -> None:
        """Add a frame, or merge it into the one that waits."""
        key = (frame["type"], str(frame["data"].get("item_id", "")))
        waiting = self._frames.get(key)
        if waiting is not None and "delta" in frame["data"]:
            joined = str(waiting["data"].get("delta", "")) + str(frame["data"]["delta"])
            frame = {**frame, "data": {**frame["data"], "delta": joined}}
        self._frames[key] = frame
        if len(self._frames) > PASSING_LIMIT:
            del self._frames[next(iter(self._frames))]

    def forget(self, item_id: str) -> None:
        """Drop what waits about an item whose stored frame has been sent."""
        for key in [key for key in self._frames if key[1] == item_id]:
            del self._frames[key]

    def pop(self) -> Frame | None:
        """Take the frame that has waited longest."""
        if not self._frames:
            return None
        return self._frames.pop(next(iter(self._frames)))


class Viewer:
    """One reader of one topic.

    Args:
        log: the topic's log.
        after: the last `seq` the reader has.
        read: returns a page of stored frames after a seq, and whether it was full; used where
            the log does not reach back far enough.
    """

    def __init__(
        self,
        log: TopicLog,
        after: int,
        read: Callable[[int], Awaitable[tuple[list[Frame], bool]]],
    ) -> None:
        self.seq = after
        self._log = log
        self._read = read
        self._passing = Passing()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Tell the viewer that its log has grown."""
        self._wake.set()

    def show(self, frame: Frame) -> None:
        """Take a frame that is not stored."""
        self._passing.put(frame)
        self._wake.set()

    async def batches(self) -> AsyncIterator[list[Frame]]:
        """Yield what is to be sent next, at most `FRAMES_PER_SECOND` times a second.

        Stored frames come in order, each once, all that wait in one batch; a frame that is not
        stored comes alone. A replay is not slowed down.
        """
        clock = asyncio.get_running_loop().time
        while True:
            self._wake.clear()
            due = clock() + 1 / FRAMES_PER_SECOND
            replaying, batch = await self._stored()
            if not batch and not replaying:
                batch = self._pass_on()
            if batch:
                yield batch
            if replaying:
                continue
            if not batch:
                await self._wake.wait()
            elif (wait := due - clock()) > 0:
                await asyncio.sleep(wait)

    async def _stored(self) -> tuple[bool, list[Frame]]:
        replaying = False
        if self.seq < self._log.floor:
            # Read the floor first: what was stored up to then is in the page or before it.
            floor = self._log.floor
            frames, replaying = await self._read(self.seq)
            reached = frames[-1]["seq"] if frames else self.seq
            self.seq = reached if replaying else max(reached, floor)
        else:
            frames = self._log.after(self.seq)
            if frames:
                self.seq = frames[-1]["seq"]
        for frame in frames:
            self._passing.forget(str(frame["data"].get("item_id", "")))
        return replaying, frames

    def _pass_on(self) -> list[Frame]:
        frame = self._passing.pop()
        return [] if frame is None else [{**frame, "seq": self.seq}]
