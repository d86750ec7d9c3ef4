"""What the children of the sandbox may use together; imports the stdlib and `foundation.sharing`.

Two bounds, both shared fairly among parties. Places: children that use the processor. Memory: what
all living children are allowed; one that waits for an HTTP answer lends its place to others and
keeps its memory, as it does on the machine.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

from tools_library.sandbox import machine
from tools_library.sandbox.types import HttpAnswer, HttpPort, HttpRequest
from voiceassist.foundation.sharing import Places, party

BUSY = "The sandbox was busy until the tool's time was over."
FULL = (
    "The sandbox's memory was in use until the tool's time was over; tools that wait for an "
    "answer keep theirs. A smaller memory_limit_mb lets more of them run at once."
)


class NoRoom(TimeoutError):
    """There was no room in time; the text says of what."""


@dataclass(frozen=True)
class Bounds:
    """How many children use the processor, and how much memory all are allowed."""

    places: int
    places_each: int
    memory_mb: int
    memory_each_mb: int


def bounds(each: int | None, total: int | None, memory_mb: int | None) -> Bounds:
    """Return the bounds; what is not given comes from the machine.

    Args:
        each: places of one party.
        total: places of all.
        memory_mb: of all.
    """
    each = each or 2 * _cores()
    memory_mb = memory_mb or machine.memory_mb() // 2
    return Bounds(total or 4 * each, each, memory_mb, memory_mb // 2)


class Admission:
    """Lets children in; safe for threads."""

    def __init__(self, bounds: Bounds) -> None:
        self._places = Places(bounds.places, each=bounds.places_each)
        self._memory = Places(bounds.memory_mb, each=bounds.memory_each_mb)

    def of(self, memory_mb: int, until: float) -> Admitted:
        """Return what a child needs, to be held while it lives.

        Args:
            memory_mb: what it is allowed; where that is more than there is, it runs alone.
            until: `time.monotonic()` until which it is waited for.
        """
        return Admitted(self._places, self._memory, memory_mb, until)


class Admitted:
    """The memory and the place of one child of the current party.

    Raises:
        NoRoom: on entering, and after an HTTP answer.
    """

    def __init__(self, places: Places, memory: Places, memory_mb: int, until: float) -> None:
        self._places, self._memory = places, memory
        self._memory_mb, self._until, self._party = memory_mb, until, party()
        self._placed = False

    def __enter__(self) -> Admitted:
        # Memory first: who has it and waits for a place waits for children that run, and those
        # end. The other way round, a place could be held by who waits for memory of children that
        # need a place to go on.
        if not self._memory.take(self._party, self._left(), self._memory_mb):
            raise NoRoom(FULL)
        try:
            self._take()
        except BaseException:
            self._memory.give_back(self._party, self._memory_mb)
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        self._give()
        self._memory.give_back(self._party, self._memory_mb)

    def lending(self, http: HttpPort, seconds: float) -> HttpPort:
        """Return the port as one that lends the place to others while its child only waits.

        Args:
            seconds: how long the child lives: nobody waits for a place for one that is over.
        """
        self._until = min(self._until, time.monotonic() + seconds)

        def ask(request: HttpRequest) -> HttpAnswer:
            self._give()
            answer = http(request)
            self._take()
            return answer

        return ask

    def _take(self) -> None:
        if not self._places.take(self._party, self._left()):
            raise NoRoom(BUSY)
        self._placed = True

    def _give(self) -> None:
        if self._placed:
            self._placed = False
            self._places.give_back(self._party)

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
