"""What an invocation used and costs, read from the end of the function's log; stdlib only."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

USD_PER_GB_SECOND = 0.0000166667
USD_PER_REQUEST = 0.0000002
"""AWS's list prices on x86 without discounts or free tier: a cap errs on the careful side."""

ASSUMED_MEMORY_MB = 1_024
_FIELDS = {
    "billed_ms": r"Billed Duration: (\d{1,9}) ms|\"billedDurationMs\":\s*(\d{1,9})",
    "memory_mb": r"Memory Size: (\d{1,6}) MB|\"memorySizeMB\":\s*(\d{1,6})",
    "memory_used_mb": r"Max Memory Used: (\d{1,6}) MB|\"maxMemoryUsedMB\":\s*(\d{1,6})",
    "init_ms": r"Init Duration: (\d{1,9})|\"initDurationMs\":\s*(\d{1,9})",
}


@dataclass(frozen=True)
class Usage:
    """What one invocation used; `assumed` where AWS did not say and the worst is taken."""

    billed_ms: int
    memory_mb: int
    memory_used_mb: int | None = None
    init_ms: int | None = None
    assumed: bool = False

    @property
    def cost_usd(self) -> float:
        """The estimate, in dollars."""
        seconds = self.billed_ms / 1000
        return round(seconds * self.memory_mb / 1024 * USD_PER_GB_SECOND + USD_PER_REQUEST, 10)

    def as_json(self) -> dict[str, Any]:
        """Return it for the trace."""
        told = {
            "billed_ms": self.billed_ms,
            "memory_mb": self.memory_mb,
            "memory_used_mb": self.memory_used_mb,
            "init_ms": self.init_ms,
            "estimated_cost_usd": self.cost_usd,
            "assumed": self.assumed or None,
        }
        return {name: value for name, value in told.items() if value is not None}


def log_tail(encoded: str) -> str:
    """Return the end of the log as AWS sends it in base64; empty where it cannot be read."""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def read_usage(log: str) -> Usage | None:
    """Return what the last report in a log says; a function may print what looks like one."""
    report = log[max(log.rfind("REPORT RequestId"), log.rfind('"platform.report"'), 0) :]
    found = {name: _last(pattern, report) for name, pattern in _FIELDS.items()}
    billed, memory = found["billed_ms"], found["memory_mb"]
    if billed is None or memory is None:
        return None
    return Usage(billed, memory, found["memory_used_mb"], found["init_ms"])


def _last(pattern: str, text: str) -> int | None:
    matches = re.findall(pattern, text)
    return int("".join(matches[-1])) if matches else None
