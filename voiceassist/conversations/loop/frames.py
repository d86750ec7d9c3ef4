"""One event of a conversation as streams carry it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEXT = "text_delta"
UNKNOWN = -1
RESTS = frozenset({"run_paused", "run_finished", "run_error"})
"""After one of these nothing comes by itself."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as clients get it: `{"type", "seq", **data}`.

    `prev` is the number of the event before it; UNKNOWN: ask the database what came before.
    """

    seq: int
    prev: int
    type: str
    data: dict[str, Any]

    def body(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return {"type": self.type, "seq": self.seq, **self.data}
