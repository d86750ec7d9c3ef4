"""Places that parties share fairly, and on whose behalf a thread asks; standard library only."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections import Counter
from collections.abc import Iterator

_party: contextvars.ContextVar[int | None] = contextvars.ContextVar("party", default=None)


@contextlib.contextmanager
def on_behalf_of(party: int | None) -> Iterator[None]:
    """Let what this thread uses inside count as one party's, such as an organization's."""
    token = _party.set(party)
    try:
        yield
    finally:
        _party.reset(token)


def party() -> int | None:
    """Return on whose behalf this thread asks; None where nobody said."""
    return _party.get()


class Places:
    """At most `total` taken at once, and at most `each` by one party.

    Some may need several at once, such as megabytes. Who needs more than there are gets them
    when nobody else has any.
    """

    def __init__(self, total: int, each: int) -> None:
        self._total, self._each = total, each
        self._taken: Counter[int | None] = Counter()
        self._changed = threading.Condition()

    def take(self, party: int | None, seconds: float, places: int = 1) -> bool:
        """Wait for places; return whether there were any in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._free_for(party, places), seconds):
                return False
            self._taken[party] += places
        return True

    def give_back(self, party: int | None, places: int = 1) -> None:
        """Free a party's places, from any thread."""
        with self._changed:
            self._taken[party] -= places
            if not self._taken[party]:
                del self._taken[party]
            self._changed.notify_all()

    def _free_for(self, party: int | None, places: int) -> bool:
        taken, mine = self._taken.total(), self._taken[party]
        return (not taken or taken + places <= self._total) and (
            not mine or mine + places <= self._each
        )
