"""What was agreed with each MCP server, kept so that a run need not shake hands; stdlib only."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

KEPT_SECONDS = 1_800
MOST = 256


@dataclass(frozen=True)
class Session:
    """One agreement. `stateless`: the server of a revision that knows neither handshake nor id."""

    version: str
    session_id: str = field(default="", repr=False)
    stateless: bool = False


class Sessions:
    """Sessions by what makes them alike: organization, address, headers and proof."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Session, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Session | None:
        """Return a session that is not too old."""
        with self._lock:
            session, at = self._kept.get(key, (None, 0.0))
        return session if time.monotonic() - at < KEPT_SECONDS else None

    def keep(self, key: str, session: Session) -> None:
        """Keep a session; the one that was made first goes when there are too many."""
        with self._lock:
            self._kept[key] = session, time.monotonic()
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def forget(self, key: str, session: Session) -> None:
        """Drop a session, unless another one has taken its place."""
        with self._lock:
            if self._kept.get(key, (None,))[0] is session:
                del self._kept[key]


sessions = Sessions()
