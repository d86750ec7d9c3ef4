"""`knowledge`: searches among 10,000 parts, on PostgreSQL and on SQLite."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.results import quantiles, verdict
from tests.services.running import start_services

PARTS = 10_000
LIMIT_MS = 100.0
_SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


def knowledge(say: Callable[[str], None], rounds: int) -> dict[str, Any]:
    """Time whole searches: reading what may be searched, the database's, loading what was found."""
    figures: dict[str, Any] = {"parts": PARTS}
    services = start_services("postgres")
    try:
        figures["postgresql"] = _measured(services.env["DATABASE_URL"], rounds)
    finally:
        services.stop()
    with tempfile.TemporaryDirectory() as folder:
        figures["sqlite"] = _measured(f"sqlite:///{Path(folder) / 'bench.sqlite3'}", rounds)
    say(f"knowledge: {figures}")
    return {
        "figures": figures,
        "verdicts": {
            f"search p95 <= {LIMIT_MS:.0f} ms, {name}": verdict(
                figures[name]["p95_ms"], LIMIT_MS, good=LIMIT_MS / 2
            )
            for name in ("postgresql", "sqlite")
        },
    }


def _measured(database: str, rounds: int) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if name not in _SERVERS}
    env |= {"DATABASE_URL": database, "DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.knowledge_run", str(PARTS), str(rounds)],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=1_800,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3_000:])
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["parts"] == PARTS
    return {
        "searches": len(found["times"]), "cpu_ms": found["cpu_ms"], **quantiles(found["times"])
    }  # fmt: skip
