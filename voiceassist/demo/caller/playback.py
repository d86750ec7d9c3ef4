"""What the phone plays to the caller: the queue of audio, its marks and `clear`, as arithmetic.

Pure: times are given, in seconds of any steady clock; nothing waits. Imports nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

BYTES_PER_SECOND = 8000
BUFFER_SECONDS = 600  # more than ten minutes is thrown away (warning 31931)
_EDGE = 1e-6  # sums of floats: a mark at the very end of the audio is due at that end


@dataclass
class Run:
    """Audio played without a gap; `end` moves on while more arrives, and back on `clear`."""

    start: float
    end: float


@dataclass(frozen=True)
class Mark:
    """A mark and when it is, or was, due; `flushed`: echoed by `clear`, not by playing."""

    name: str
    received: float
    due: float
    flushed: bool = False


@dataclass(frozen=True)
class Cleared:
    """One `clear`: how much of the audio since the last silence was played, how much was lost."""

    at: float
    played_ms: float
    lost_ms: float
    marks: tuple[Mark, ...]


class Playback:
    """One stream's buffer, which plays in order and in real time."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._marks: deque[Mark] = deque()

    def playing(self, now: float) -> bool:
        """Return whether the caller hears something."""
        return bool(self.runs) and now < self.runs[-1].end

    def played_s(self, now: float) -> float:
        """Return how many seconds of the present (or else the last) run were played."""
        if not self.runs:
            return 0.0
        run = self.runs[-1]
        return min(now, run.end) - run.start

    def quiet_s(self, now: float) -> float:
        """Return for how long nothing was heard; 0 while something is."""
        return max(0.0, now - self.runs[-1].end) if self.runs else 0.0

    def media(self, size: int, now: float) -> float | None:
        """Queue `size` bytes of μ-law; return when they begin to play, None when it overflows."""
        length = size / BYTES_PER_SECOND
        if not self.playing(now):
            self.runs.append(Run(now, now + length))
            return now
        run = self.runs[-1]
        if run.end - now + length > BUFFER_SECONDS:
            return None
        begins = run.end
        run.end += length
        return begins

    def mark(self, name: str, now: float) -> None:
        """Queue a mark behind all audio so far; it is due at once where none is left."""
        due = self.runs[-1].end if self.playing(now) else now
        self._marks.append(Mark(name, now, due))

    def next_due(self) -> float | None:
        """Return when the next mark is due."""
        return self._marks[0].due if self._marks else None

    def take_due(self, now: float) -> list[Mark]:
        """Return the marks that are due, in order; each is returned once."""
        due = []
        while self._marks and self._marks[0].due <= now + _EDGE:
            due.append(self._marks.popleft())
        return due

    def clear(self, now: float) -> Cleared:
        """Empty the buffer: every outstanding mark comes back at once, looking like played."""
        flushed = tuple(Mark(mark.name, mark.received, now, flushed=True) for mark in self._marks)
        self._marks.clear()
        played, lost = self.played_s(now), 0.0
        if self.playing(now):
            run = self.runs[-1]
            lost, run.end = run.end - now, now
        return Cleared(now, played * 1000, lost * 1000, flushed)
