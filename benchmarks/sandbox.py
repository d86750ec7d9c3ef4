"""How much the sandbox costs over a bare fork with a system call filter, measured in one run."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.results import quantiles, verdict
from tools_library.sandbox.client import Job, Sandbox

SHORT = """
def execute_tool(parameters, context):
    # User defined code
    result = parameters.get('query', 'default')
    return {'message': f'Processed: {result}', 'success': True}
"""
LONG_LINES = 300
THREADS = 4
RATIO_SHORT, RATIO_LONG, RATIO_RUNS = 1.5, 2.5, 0.8


def bench(say: Callable[[str], None], runs: int = 20, batches: int = 45) -> dict[str, Any]:
    """Return medians over batches that alternate between the bare loop and the sandbox.

    Batches are short, so that what else the machine does meets all alike.
    """
    sandbox = Sandbox()
    bare = _Bare()
    try:
        _warm(sandbox, bare)
        rows = [_batch(sandbox, bare, runs) for _ in range(batches)]
    finally:
        sandbox.close()
        bare.close()
    ratios = {
        "short_to_bare": _middle(row["short"] / row["bare"] for row in rows),
        "long_to_bare": _middle(row["long"] / row["bare"] for row in rows),
        "runs_to_bare": _middle(row["rate"] / row["bare_rate"] for row in rows),
    }
    say(f"sandbox: {ratios}")
    figures = {
        "bare_ms": quantiles(ms for row in rows for ms in row["bare_ms"]),
        "short_ms": quantiles(ms for row in rows for ms in row["short_ms"]),
        "long_ms": quantiles(ms for row in rows for ms in row["long_ms"]),
        "runs_per_s": round(median(row["rate"] for row in rows)),
        "bare_per_s": round(median(row["bare_rate"] for row in rows)),
    }
    short, long, rate = (ratios[name] for name in ratios)
    return {
        "ratios": ratios,
        "figures": figures,
        "verdicts": {
            f"short_to_bare <= {RATIO_SHORT}": verdict(short, RATIO_SHORT),
            f"long_to_bare <= {RATIO_LONG}": verdict(long, RATIO_LONG),
            # Judged the other way round: the bare loop's rate over ours must not exceed 1/0.8.
            f"runs_to_bare >= {RATIO_RUNS}": verdict(1 / rate, 1 / RATIO_RUNS),
        },
        "runs": runs * batches,
    }


def _batch(sandbox: Sandbox, bare: "_Bare", runs: int) -> dict[str, Any]:
    floor = bare.run(runs)
    short = [_timed(sandbox, SHORT) for _ in range(runs)]
    long = [_timed(sandbox, LONG) for _ in range(runs)]
    return {
        "bare": median(floor["ms"]),
        "short": median(short),
        "long": median(long),
        "bare_rate": runs / floor["seconds"],
        "rate": _rate(sandbox, runs),
        "bare_ms": floor["ms"],
        "short_ms": short,
        "long_ms": long,
    }


def _timed(sandbox: Sandbox, code: str) -> float:
    job = Job(code, {"query": "what it costs"}, {}, ("math",))
    began = time.perf_counter()
    finished = sandbox.run(job, http=_no_http, deadline_s=30)
    took = (time.perf_counter() - began) * 1000
    if finished.outcome != "success":
        raise RuntimeError(f"{finished.outcome}: {finished.error_message}")
    return took


def _rate(sandbox: Sandbox, runs: int) -> float:
    """Return runs per second with a few threads, as a server has them."""

    def work() -> None:
        for _ in range(runs // THREADS):
            _timed(sandbox, SHORT)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return runs // THREADS * THREADS / (time.perf_counter() - began)


def _warm(sandbox: Sandbox, bare: "_Bare") -> None:
    bare.run(20)
    for code in (SHORT, LONG):
        for _ in range(10):
            _timed(sandbox, code)


def _long_tool() -> str:
    lines = ["import math", "", "RATES = {'a': 1.5, 'b': 2.25}", ""]
    number = 0
    while len(lines) < LONG_LINES - 12:
        number += 1
        lines += [
            f"def step_{number}(value, rate):",
            f"    total = value * rate + {number}",
            "    if total > 1000:",
            "        total = total % 1000",
            "    return {'total': round(total, 2), 'root': math.sqrt(total)}",
            "",
        ]
    lines += [
        "def execute_tool(parameters, context):",
        "    total = 1",
        "    for key, rate in RATES.items():",
        f"        total += step_1(total, rate)['total'] + step_{number}(total, rate)['root']",
        "    return {'success': True, 'message': f\"{parameters['query']}: {total:.2f}\"}",
    ]
    return "\n".join(lines)


LONG = _long_tool()


def _no_http(request: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError(f"no tool of this benchmark asks for HTTP: {request}")


def _middle(values: Any) -> float:
    return round(median(values), 3)


class _Bare:
    """The floor, in a process of its own."""

    def __init__(self) -> None:
        path = [str(ROOT), *(entry for entry in sys.path if entry.startswith("/"))]
        program = (
            f"import sys; sys.path[:] = {path!r}; import benchmarks.sandbox_bare as b; b.main()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program],
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def run(self, runs: int) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{runs}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the bare loop ended")
        return line

    def close(self) -> None:
        self._process.communicate("", timeout=10)
