"""The ledger of what was generated, sent and *heard*; pure, imports only frames.

Three clocks differ: the model generates faster than real time, the phone company queues, the
caller hears later still. Marks come back when everything before them has been played; between two
marks the position is interpolated on the caller's own audio clock.
"""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import dataclass, field

from calls.bridge.frames import BYTES_PER_MS, FRAME_BYTES

MARK_EVERY_MS = 200
EXTRAPOLATE_MS = 40  # beyond the last caller frame; longer gaps mean that frames are missing
OVERDUE_MS = 2_000


@dataclass(slots=True)
class Item:
    """Audio of one item: all figures in ms; `complete` once the model has sent all of it."""

    item_id: str
    content_index: int
    response_id: str
    sent_ms: float = 0.0
    acknowledged_ms: float = 0.0
    complete: bool = False


@dataclass(slots=True)
class Segment:
    """Audio between two marks; belongs to one item. `mark` is empty while it still grows."""

    item: Item
    ms: float = 0.0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller heard of an item when playback was cut; `heard_ms` ≤ `sent_ms`."""

    item_id: str
    content_index: int
    heard_ms: float
    sent_ms: float
    whole: bool


@dataclass(slots=True)
class Sending:
    """What one piece of audio makes us send: payloads (base64) and at most one mark."""

    payload: str = ""
    mark: str = ""
    all_heard: bool = False  # the item ended, and everything of it has been heard already


@dataclass(slots=True)
class Playback:
    """The ledger of one stream."""

    generation: int = 0
    serial: int = 0
    segments: deque[Segment] = field(default_factory=deque)
    items: dict[str, Item] = field(default_factory=dict)
    media_ms: float = 0.0  # the caller's clock at their last frame
    media_at: float = 0.0  # our clock (seconds) when that frame came
    started_ms: float = 0.0  # the caller's clock when the head segment began to play
    ends_ms: float = 0.0  # the caller's clock when everything sent will have been played
    remainder: bytes = b""

    # --- the caller's clock ---------------------------------------------------------------

    def tick(self, timestamp_ms: float, now: float) -> None:
        """Note the time stamp of a caller's frame."""
        if timestamp_ms >= self.media_ms:
            self.media_ms = timestamp_ms
            self.media_at = now

    def clock(self, now: float) -> float:
        """Return ms since the stream began, at most a little past the last frame."""
        since = (now - self.media_at) * 1000 if self.media_at else 0.0
        return self.media_ms + min(max(since, 0.0), EXTRAPOLATE_MS)

    def moment(self, ms: float, now: float) -> float:
        """Return when, in seconds of our clock, the caller's clock showed `ms`."""
        return now - (self.clock(now) - ms) / 1000

    # --- sending --------------------------------------------------------------------------

    def add(
        self, response_id: str, item_id: str, content_index: int, payload: str, now: float
    ) -> Sending:
        """Book a piece of base64 μ-law; return what to send for it.

        Whole frames pass untouched. A ragged piece keeps up to 159 bytes back until the next one
        or the item's end, since small ragged pieces are heard as clicks.
        """
        item = self.items.get(item_id)
        if item is None:
            item = Item(item_id, content_index, response_id)
            self.items[item_id] = item
        size = len(payload) * 3 // 4 - payload.endswith("=") - payload.endswith("==")
        if self.remainder or size % FRAME_BYTES:
            payload, size = self._whole_frames(payload)
        if not size:
            return Sending()
        return Sending(payload, self._book(item, size / BYTES_PER_MS, now))

    def end_item(self, item_id: str, now: float) -> Sending:
        """The item has all of its audio: return the rest and the closing mark, if any."""
        item = self.items.get(item_id)
        if item is None or item.complete:
            return Sending()
        item.complete = True
        sending = Sending()
        if self.remainder:
            sending.payload = base64.b64encode(self.remainder).decode()
            size = len(self.remainder)
            self.remainder = b""
            sending.mark = self._book(item, size / BYTES_PER_MS, now)
        if not sending.mark and self.segments and not self.segments[-1].mark:
            sending.mark = self._close_segment()
        sending.all_heard = 0 < item.sent_ms <= item.acknowledged_ms + 0.5
        return sending

    def _whole_frames(self, payload: str) -> tuple[str, int]:
        raw = self.remainder + base64.b64decode(payload)
        keep = len(raw) % FRAME_BYTES
        whole = raw[: len(raw) - keep]
        self.remainder = raw[len(raw) - keep :]
        return base64.b64encode(whole).decode(), len(whole)

    def _book(self, item: Item, ms: float, now: float) -> str:
        clock = self.clock(now)
        segments = self.segments
        if not segments:
            self.started_ms = clock
            self.ends_ms = clock
        item.sent_ms += ms
        self.ends_ms += ms
        if segments and not segments[-1].mark and segments[-1].item is item:
            segments[-1].ms += ms
        else:
            segments.append(Segment(item, ms))
        return self._close_segment() if segments[-1].ms >= MARK_EVERY_MS else ""

    def _close_segment(self) -> str:
        self.serial += 1
        name = f"{self.generation}:{self.serial}"
        self.segments[-1].mark = name
        return name

    # --- hearing --------------------------------------------------------------------------

    def acknowledge(self, mark: str, now: float) -> list[str]:
        """A mark came back; return the ids of items that are now heard to their end.

        Marks of an older generation were flushed by our own `clear` and prove nothing; unknown
        and repeated ones are ignored too.
        """
        if not any(segment.mark == mark for segment in self.segments):
            return []
        finished = []
        while self.segments:
            segment = self.segments.popleft()
            if self._played(segment):
                finished.append(segment.item.item_id)
            if segment.mark == mark:
                break
        self.started_ms = self.clock(now)
        return finished

    def overdue(self, now: float) -> bool:
        """Whether everything should have been played long ago, yet a mark is missing."""
        if not self.segments or not self.segments[-1].mark:
            return False
        return self.clock(now) > self.ends_ms + OVERDUE_MS

    def assume_played(self) -> list[str]:
        """Take everything sent as played; return the ids of items heard to their end."""
        finished = [s.item.item_id for s in list(self.segments) if self._played(s)]
        self.segments.clear()
        return finished

    def _played(self, segment: Segment) -> bool:
        item = segment.item
        item.acknowledged_ms += segment.ms
        return item.complete and item.acknowledged_ms >= item.sent_ms - 0.5

    def heard_ms(self, item_id: str, now: float) -> float:
        """Return ms of the item that the caller has heard, within [0, sent]."""
        item = self.items.get(item_id)
        if item is None:
            return 0.0
        heard = item.acknowledged_ms
        elapsed = self.clock(now) - self.started_ms
        for segment in self.segments:
            if elapsed <= 0:
                break
            if segment.item is item:
                heard += min(segment.ms, elapsed)
            elapsed -= segment.ms
            if segment.mark:
                break  # beyond an unacknowledged mark nothing is certain
        return min(max(heard, 0.0), item.sent_ms)

    def heard_whole(self, response_id: str) -> bool:
        """Whether a response spoke, and the caller has heard all that it sent."""
        items = [item for item in self.items.values() if item.response_id == response_id]
        spoken = [item for item in items if item.sent_ms > 0]
        return bool(spoken) and all(
            item.complete and item.acknowledged_ms >= item.sent_ms - 0.5 for item in spoken
        )

    def busy(self) -> bool:
        """Whether something sent is not known to have been played."""
        return bool(self.segments) or bool(self.remainder)

    def remaining_ms(self, now: float) -> float:
        """Return ms until everything sent has been played."""
        return max(self.ends_ms - self.clock(now), 0.0) if self.segments else 0.0

    def clear(self, now: float) -> list[Heard]:
        """Playback is cut now: return what was heard of each unfinished item, oldest first."""
        seen: dict[str, Heard] = {}
        for segment in self.segments:
            item = segment.item
            if item.item_id not in seen:
                heard = self.heard_ms(item.item_id, now)
                whole = item.complete and heard >= item.sent_ms
                seen[item.item_id] = Heard(
                    item.item_id, item.content_index, heard, item.sent_ms, whole
                )
        for item in self.items.values():
            # Heard as far as it was sent, but cut before the model had said all of it.
            if not item.complete and item.sent_ms > 0 and item.item_id not in seen:
                heard = item.acknowledged_ms
                seen[item.item_id] = Heard(
                    item.item_id, item.content_index, heard, item.sent_ms, whole=False
                )
        for cut in seen.values():
            self.items[cut.item_id].acknowledged_ms = cut.heard_ms
            self.items[cut.item_id].complete = True
        self.segments.clear()
        self.remainder = b""
        self.generation += 1
        return list(seen.values())
