"""The phone of a virtual call: plays in real time, answers marks, flushes them on `clear`."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calls.bridge import frames
from tests.unit.bridge.clock import Channel

if TYPE_CHECKING:
    from tests.unit.bridge.world import World


@dataclass
class Played:
    """A stretch of audio that the caller hears: seconds of the clock, and whose it is."""

    start: float
    end: float
    tag: int


class Line:
    """The phone: plays in real time, answers marks when played, flushes them on `clear`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.played: list[Played] = []
        self.until = 0.0
        self.marks: dict[str, object] = {}
        self.clears: list[float] = []
        self.endings: list = []
        self.sent_after_end = 0
        self.tags_after_clear: list[tuple[int, int]] = []
        self.to_phone = Channel(world.clock, world.rng, 0.008, self._receive)
        self.to_us = Channel(world.clock, world.rng, 0.008, world.deliver_frame)

    # ports.Phone
    def send(self, text: str) -> None:
        if self.endings:
            self.sent_after_end += 1
        message = json.loads(text)
        assert message.pop("streamSid") == "MZ1", text
        if message["event"] == "clear":
            self.clears.append(self.world.clock.time)
        elif message["event"] == "media":
            tag = int.from_bytes(base64.b64decode(message["media"]["payload"])[:4], "big")
            self.tags_after_clear.append((len(self.clears), tag))
        self.to_phone.put(message)

    def finish(self, ending) -> None:
        self.endings.append(ending)
        self.ended_at = self.world.clock.time
        self.unheard_s = max(self.until - self.ended_at, 0.0)

    def _receive(self, message) -> None:
        now, kind = self.world.clock.time, message["event"]
        if kind == "media":
            raw = base64.b64decode(message["media"]["payload"])
            start = max(now, self.until)
            self.until = start + len(raw) / 8000
            for offset in range(0, len(raw), 160):
                tag = int.from_bytes(raw[offset : offset + 4], "big")
                piece = start + offset / 8000
                self.played.append(Played(piece, piece + 0.02, tag))
        elif kind == "mark":
            if self.world.rng.random() < self.world.lost_marks:
                return
            name = message["mark"]["name"]
            self.marks[name] = self.world.clock.later(
                max(self.until - now, 0.0), lambda: self._echo(name)
            )
        else:
            assert kind == "clear" and message == {"event": "clear"}
            self.until = now
            self.played = [p for p in self.played if p.start < now]
            for p in self.played:
                p.end = min(p.end, now)
            for name, cancel in list(self.marks.items()):
                cancel()
                self._echo(name)

    def _echo(self, name) -> None:
        self.marks.pop(name, None)
        self.to_us.put(frames.Mark(frames.MarkBody(name)))

    def heard_ms(self, tag: int, now: float) -> float:
        return sum(max(min(p.end, now) - p.start, 0.0) for p in self.played if p.tag == tag) * 1000
