"""`celery_path`: from a tool call to its outcome through a worker, beside the sum of its parts."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.media.subjects import product_environment
from benchmarks.processes import ROOT, start
from benchmarks.results import quantiles, verdict
from tests.services.ports import free_port, wait_for

Say = Callable[[str], None]
BATCHES = 5


def celery_path(say: Say, rounds: int) -> dict[str, Any]:
    """Return the whole's and the parts' times; of all batches the one in the middle."""
    port, outcomes = free_port(), []
    server = start("benchmarks.endpoint_overhead", str(port))
    try:
        for _ in range(BATCHES):
            outcomes.append(_batch(port, rounds))
            say(f"celery_path: {outcomes[-1]}")
    finally:
        server.stop()
    figures = sorted(outcomes, key=lambda each: float(each["ratio"]))[BATCHES // 2]
    return {
        "figures": {**figures, "ratios": [each["ratio"] for each in outcomes]},
        "verdicts": {
            "whole p50 <= 1.5 x the sum of its parts": verdict(figures["ratio"], 1.5, good=1.2)
        },
    }


def _batch(port: int, rounds: int) -> dict[str, Any]:
    with product_environment("http://127.0.0.1:9") as demo:
        env = {**os.environ, **demo, "DEMO": "1", "OUTBOUND_ALLOW": f"127.0.0.1:{port}"}
        env["DJANGO_SETTINGS_MODULE"] = "config.settings.base"
        with _worker(env):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.celery_path_run", str(port), str(rounds)],
                cwd=ROOT, env=env, capture_output=True, text=True, timeout=600,
            )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3_000:])
    times = json.loads(done.stdout.splitlines()[-1])
    figures: dict[str, Any] = {name: quantiles(values) for name, values in times.items()}
    parts = sum(figures[name]["p50_ms"] for name in ("task", "statements", "engine"))
    ratio = round(figures["whole"]["p50_ms"] / parts, 3)
    return {"rounds": rounds, **figures, "sum_of_parts_ms": round(parts, 3), "ratio": ratio}


@contextmanager
def _worker(env: dict[str, str]) -> Iterator[None]:
    options = ["-Q", "live,default", "-P", "threads", "-c", "32", "-l", "INFO",
               "--without-gossip", "--without-mingle"]  # fmt: skip
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.celery_path_app", "worker"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=env, stdout=out, stderr=out
            )
        try:
            wait_for(
                lambda: " ready." in log.read_text(errors="replace"),
                seconds=90, what="the worker", log=lambda: log.read_text()[-3_000:],
                alive=lambda: process.poll() is None,
            )  # fmt: skip
            yield
        finally:
            process.terminate()
            process.wait(30)
