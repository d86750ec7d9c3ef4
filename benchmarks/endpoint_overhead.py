"""The benchmark `endpoint`: what a run adds to the bare client, and fast tools beside slow ones.

As a program it is the server that all of them call. Imports urllib3, the engine and the executor.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from benchmarks.media.subjects import product_environment
from benchmarks.processes import ROOT, start
from benchmarks.results import quantiles, verdict
from tests.services.ports import free_port, wait_for

Say = Callable[[str], None]

SLOW_SECONDS = 8.0
WARMING = 100
KEY = "a-key-for-this-benchmark"
ARGUMENTS = {"order_id": "1042", "day": "friday"}
_BODY = json.dumps({"success": True, "message": "On its way.", "data": {"days": 2}}).encode()
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def endpoint(say: Say, rounds: int) -> dict[str, Any]:
    """Return the overhead of `engine.run` over urllib3, and a fast tool's time beside slow ones."""
    port = free_port()
    server = start("benchmarks.endpoint_overhead", str(port))
    try:
        figures = _overhead(port, rounds)
        say(f"endpoint: {figures}")
        beside = {runner: _beside_slow_ones(runner, port) for runner in ("in_process", "celery")}
        say(f"endpoint: {beside}")
    finally:
        server.stop()
    verdicts = {
        "overhead p50 <= 1.5 ms": verdict(figures["overhead_p50_ms"], 1.5, good=0.8),
    }
    for runner, times in beside.items():
        # One slow tool in the way would cost 8 seconds; a busy machine costs some milliseconds.
        verdicts[f"{runner}: 50 slow tools delay no fast one (max <= 1 s)"] = verdict(
            times["beside"]["max_ms"], 1_000.0
        )
    return {"figures": {**figures, "beside_50_slow": beside}, "verdicts": verdicts}


def _overhead(port: int, rounds: int) -> dict[str, Any]:
    pair = [("bare", _bare(port)), ("tool", _tool(port))]
    times: dict[str, list[float]] = {"bare": [], "tool": []}
    for number in range(rounds + WARMING):
        # Whoever is second in a pair finds caches warm: so each is, in turn.
        for name, call in pair if number % 2 else reversed(pair):
            began = time.perf_counter()
            call()
            if number >= WARMING:
                times[name].append((time.perf_counter() - began) * 1_000)
    figures: dict[str, Any] = {name: quantiles(values) for name, values in times.items()}
    overhead = figures["tool"]["p50_ms"] - figures["bare"]["p50_ms"]
    return {"rounds": rounds, **figures, "overhead_p50_ms": round(overhead, 3)}


def _bare(port: int) -> Callable[[], None]:
    """Return the least that does the same: a kept connection, JSON out, JSON in."""
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}

    def once() -> None:
        body = json.dumps(ARGUMENTS).encode()
        answer = pool.request("POST", "/fast", body=body, headers=headers, retries=False, timeout=9)
        assert json.loads(answer.data)["success"]

    return once


def _tool(port: int) -> Callable[[], None]:
    os.environ.update(DEMO="1", OUTBOUND_ALLOW=f"127.0.0.1:{port}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from tools_library.engine.deadline import SystemClock
    from tools_library.engine.engine import run
    from tools_library.engine.registry import executor_for
    from tools_library.engine.secrets import FixedSecrets
    from tools_library.engine.types import ToolCall, ToolSpec

    configuration = {
        "type": "endpoint",
        "url": f"http://127.0.0.1:{port}/fast",
        "authentication": {"type": "bearer", "token_field": "KEY"},
        "request_body_template": {"order_id": "${order_id}", "day": "${day}"},
    }
    properties = {name: {"type": "string"} for name in ARGUMENTS}
    schema = {"type": "object", "properties": properties, "required": list(ARGUMENTS)}
    spec = ToolSpec("look_up", "endpoint", configuration, schema, "read", 0)
    executor, clock = executor_for("endpoint"), SystemClock()

    def once() -> None:
        call = ToolCall("1", ARGUMENTS, {"call_sid": "CA1"}, 9.0, FixedSecrets({"KEY": KEY}))
        outcome = run(spec, call, executor, clock)
        assert outcome.status == "success", outcome

    return once


def _beside_slow_ones(runner: str, port: int) -> dict[str, Any]:
    """Return a fast tool's times alone and while 50 slow ones run, with the product's runner."""
    with product_environment("http://127.0.0.1:9") as demo:
        env = {**os.environ, **demo, "DEMO": "1", "OUTBOUND_ALLOW": f"127.0.0.1:{port}"}
        env["DJANGO_SETTINGS_MODULE"] = "config.settings.base"
        env["CELERY_BROKER_URL"] = env["REDIS_URL"] if runner == "celery" else ""
        with _worker(env) if runner == "celery" else tempfile.TemporaryFile():
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.slow_tools", str(port)],
                cwd=ROOT, env=env, capture_output=True, text=True, timeout=300,
            )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3_000:])
    measured = json.loads(done.stdout.splitlines()[-1])
    return {name: quantiles(measured[name]) for name in ("alone", "beside")}


@contextmanager
def _worker(env: dict[str, str]) -> Iterator[None]:
    """Run the worker of the live queue as the README starts it."""
    command = [
        sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-Q", "live",
        "-P", "threads", "-c", "128", "-l", "INFO",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            wait_for(
                lambda: " ready." in log.read_text(errors="replace"),
                seconds=60, what="the worker", log=lambda: log.read_text()[-3_000:],
                alive=lambda: process.poll() is None,
            )  # fmt: skip
            yield
        finally:
            process.terminate()
            process.wait(30)


async def _serve(port: int) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        await reader.readexactly(int(line.partition(b":")[2]))
                if b" /slow" in head[:20]:
                    await asyncio.sleep(SLOW_SECONDS)
                writer.write(_HEAD % len(_BODY) + _BODY)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client closed a connection it kept
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
