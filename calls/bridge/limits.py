"""Silence and length of a call; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Limit(Enum):
    """What a limit asks for."""

    NONE = "none"
    ASK = "ask"  # nobody has said anything for a while: ask whether the caller is there
    SILENT = "silent"  # still nothing: say goodbye
    TOO_LONG = "too_long"  # the call has lasted as long as it may


@dataclass(slots=True)
class Limits:
    """Watches one call; all times in seconds of the session's clock."""

    silence_timeout_s: float
    max_duration_s: float
    started: float = 0.0
    quiet_since: float | None = None
    asked: bool = False
    over: bool = False

    def noise(self, *, by_caller: bool) -> None:
        """Somebody speaks or works: silence begins anew; only the caller's voice forgives."""
        self.quiet_since = None
        if by_caller:
            self.asked = False

    def check(self, now: float, *, busy: bool) -> Limit:
        """Return what is due; each limit is reported once."""
        if self.over:
            return Limit.NONE
        if now - self.started >= self.max_duration_s:
            self.over = True
            return Limit.TOO_LONG
        if busy:
            self.quiet_since = None
            return Limit.NONE
        if self.quiet_since is None:
            self.quiet_since = now
        if now - self.quiet_since < self.silence_timeout_s:
            return Limit.NONE
        self.quiet_since = None
        if self.asked:
            self.over = True
            return Limit.SILENT
        self.asked = True
        return Limit.ASK
