"""One run: so many calls through one subject, its CPU over the window that counts."""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import processes
from benchmarks.media.callers import Plan
from benchmarks.media.subjects import ACCOUNT_SID, AUTH_TOKEN, NUMBER, Subject

_DETAILS = (
    "greeting_ms",
    "cleared_at",
    "hung_up_at",
)  # one entry per call: for other benchmarks to judge


@dataclass(frozen=True)
class Run:
    """What one run measured; `cpu_ms` is CPU time per second of one call."""

    subject: str
    calls: int
    cpu_ms: float
    memory_mb: float
    seen: dict[str, Any]

    @property
    def clean(self) -> bool:
        """Whether every frame came back once, in order, in its own call, and no call broke."""
        faults = ("lost", "reordered", "duplicated", "crossed", "ended_early")
        return not any(self.seen[fault] for fault in faults) and not self.seen["failures"]

    def summary(self) -> dict[str, Any]:
        """Return the run as it is written to the results."""
        figures = {"cpu_ms_per_call_second": round(self.cpu_ms, 2)}
        seen = {name: value for name, value in self.seen.items() if name not in _DETAILS}
        return {**figures, "memory_mb": round(self.memory_mb, 1), **seen}


def measure(subject: Subject, calls: int, seconds: float) -> Run:
    """Put the calls through the subject and return what was measured."""
    signing = {"auth_token": AUTH_TOKEN, "account_sid": ACCOUNT_SID} if subject.signed else {}
    plan = Plan(subject.url, calls, seconds, number=NUMBER, run=secrets.token_hex(4), **signing)
    callers = processes.start("benchmarks.media.callers", json.dumps(asdict(plan)), ready=False)
    try:
        _expect(callers, "measuring")
        cpu, began = processes.cpu_seconds(subject.pid), time.monotonic()
        memory = processes.memory_mb(subject.pid)
        _expect(callers, "measured")
        used = processes.cpu_seconds(subject.pid) - cpu
        window = time.monotonic() - began
        seen = json.loads(callers.line())
    finally:
        callers.stop()
    return Run(subject.name, calls, used * 1000 / (window * calls), memory, seen)


def _expect(callers: processes.Child, word: str) -> None:
    said = callers.line()
    if said != word:
        raise RuntimeError(f"the callers said {said!r} in place of {word!r}")
