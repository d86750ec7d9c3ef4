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
    """At most `total` taken at once, and at most `each` by one party."""

    def __init__(self, total: int, each: int) -> None:
        self._total, self._each = total, each
        self._taken: Counter[int | None] = Counter()
        self._changed = threading.Condition()

    def take(self, party: int | None, seconds: float) -> bool:
        """Wait for a place; return whether there was one in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._free_for(party), seconds):
                return False
            self._taken[party] += 1
        return True

    def give_back(self, party: int | None) -> None:
        """Free a party's place, from any thread."""
        with self._changed:
            self._taken[party] -= 1
            if not self._taken[party]:
                del self._taken[party]
            self._changed.notify_all()

    def _free_for(self, party: int | None) -> bool:
        return self._taken.total() < self._total and self._taken[party] < self._each
