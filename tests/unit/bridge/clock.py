"""Virtual time, and lines that carry messages with a changing delay."""

from __future__ import annotations

import heapq
import itertools
import random


class Clock:
    """Virtual time: `ports.Timers`, and the queue of everything that will happen."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._queue: list = []
        self._order = itertools.count()

    def now(self) -> float:
        return self.time

    def later(self, seconds, callback):
        entry = [self.time + seconds, next(self._order), callback]
        heapq.heappush(self._queue, entry)

        def cancel() -> None:
            entry[2] = None

        return cancel

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            at, _, callback = heapq.heappop(self._queue)
            self.time = max(self.time, at)
            if callback is not None:
                callback()
        self.time = max(self.time, until)

    def idle(self) -> bool:
        return not any(entry[2] is not None for entry in self._queue)


class Channel:
    """A FIFO line with a changing delay."""

    def __init__(self, clock: Clock, rng: random.Random, most_s: float, deliver) -> None:
        self._clock, self._rng, self._most, self._deliver = clock, rng, most_s, deliver
        self._last = 0.0

    def put(self, *message) -> None:
        at = max(self._clock.time + self._rng.random() * self._most, self._last)
        self._last = at
        self._clock.later(at - self._clock.time, lambda: self._deliver(*message))
