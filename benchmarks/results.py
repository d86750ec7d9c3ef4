"""`benchmarks/results.json`: one entry per benchmark, with the machine it ran on; stdlib only."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
PACKAGES = ("django", "uvicorn", "uvloop", "picows", "websockets", "channels", "msgspec", "celery")


def merge(name: str, outcome: dict[str, Any]) -> None:
    """Write a benchmark's outcome beside those of the others."""
    everything = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    everything[name] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": machine(),
        "versions": {package: version(package) for package in PACKAGES},
        **outcome,
    }
    ordered = dict(sorted(everything.items()))
    RESULTS.write_text(json.dumps(ordered, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(memory, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def quantiles(values: Iterable[float]) -> dict[str, float | None]:
    """Return p50, p95, p99 and the largest of values in ms; None where there are none."""
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0}
    ordered = sorted(values)
    if not ordered:
        return dict.fromkeys(shares)
    last = len(ordered) - 1
    return {name: round(ordered[min(last, int(len(ordered) * n))], 3) for name, n in shares.items()}


def verdict(value: float | None, limit: float, *, good: float | None = None) -> str:
    """Judge a figure that must not exceed `limit`: `good`, `met`, `missed` or `not measured`."""
    if value is None:
        return "not measured"
    if good is not None and value <= good:
        return "good"
    return "met" if value <= limit else "missed"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """Return the commit, `-dirty` where what was measured differs from it."""
    changed = _git("status", "--porcelain", "--", ":/", f":(exclude){RESULTS.name}")
    return _git("describe", "--always") + ("-dirty" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=RESULTS.parent, capture_output=True, text=True)
    return done.stdout.strip()
