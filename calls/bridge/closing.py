"""A call that is about to end: when the farewell has been heard; pure."""

from __future__ import annotations

from dataclasses import dataclass

from calls.bridge.ports import Ending

LONGEST_S = 20.0  # for everything that is still to be said
AFTER_PLAYBACK_S = 2.0  # beyond the audio that remains, should its mark be lost


@dataclass(slots=True)
class Closing:
    """How the call ends, and since when it does; `gentle`: the caller may still keep it."""

    ending: Ending
    gentle: bool
    began: float = 0.0
    silent_at: float | None = None
    heard_by: float = 0.0

    def due(self, now: float, *, speaking: bool, playing: bool, remaining_s: float) -> bool:
        """Whether to hang up: everything said and heard, or waited for long enough."""
        if self.began == 0.0:
            self.began = now
        if now - self.began >= LONGEST_S:
            return True
        if speaking:
            self.silent_at = None
            return False
        if not playing:
            return True
        if self.silent_at is None:
            self.silent_at = now
            self.heard_by = now + remaining_s + AFTER_PLAYBACK_S
        return now >= self.heard_by
