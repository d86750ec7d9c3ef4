"""The benchmark `lambda`: a Lambda tool through the engine, beside bare boto3, in turns.

Both invoke the same warm function of the stand-in, which is a process of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.results import quantiles, verdict
from tests.services.ports import free_port
from voiceassist.demo.stand_ins.aws import account

FUNCTION = "check-stock"
EVENT = {"article": "bell"}
REGION = "us-east-1"
WARMING = 50


def lambda_overhead(say: Callable[[str], None], rounds: int) -> dict[str, Any]:
    """Return what a run costs over boto3 alone, p50 within 1.5 ms."""
    with _stand_ins() as url:
        tool, bare = _tool(url), _bare(url)
        for _ in range(WARMING):
            tool()
            bare()
        taken: dict[str, list[float]] = {"tool": [], "boto3": []}
        for number in range(rounds):
            # Whoever is second in a pair finds the other's caches warm: so each is, in turn.
            pair = [("tool", tool), ("boto3", bare)]
            for name, run in pair if number % 2 else reversed(pair):
                began = time.perf_counter()
                run()
                taken[name].append((time.perf_counter() - began) * 1000)
    overhead = statistics.median(taken["tool"]) - statistics.median(taken["boto3"])
    figures = {
        "rounds": rounds,
        "tool": quantiles(taken["tool"]),
        "boto3": quantiles(taken["boto3"]),
        "overhead_p50_ms": round(overhead, 3),
    }
    say(f"lambda: {figures}")
    return {
        "figures": figures,
        "verdicts": {"overhead p50 <= 1.5 ms": verdict(overhead, 1.5, good=1.0)},
    }


@contextmanager
def _stand_ins() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "voiceassist.demo.stand_ins", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "DEMO": "1"}, stderr=subprocess.PIPE, text=True
    )
    try:
        if process.stderr is None or "Stand-ins" not in process.stderr.readline():
            raise RuntimeError("The stand-ins did not start.")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _tool(url: str) -> Callable[[], None]:
    os.environ.update(DEMO="1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from django.conf import settings

    settings.AWS_ENDPOINT_URL = url  # a benchmark before this one may have read the environment
    from tools_library.engine.deadline import SystemClock
    from tools_library.engine.engine import run
    from tools_library.engine.registry import executor_for
    from tools_library.engine.secrets import FixedSecrets
    from tools_library.engine.types import ToolCall, ToolSpec

    keys = {"key": account.ACCESS_KEY_ID, "secret": account.SECRET_ACCESS_KEY}
    configuration = {
        "type": "lambda",
        "function_name": FUNCTION,
        "aws_region": REGION,
        "payload_template": {"phone_number": "${phone_number}", "parameters": "${parameters}"},
        "credentials": {"access_key_field": "key", "secret_key_field": "secret"},
    }
    schema = {"type": "object", "properties": {"article": {"type": "string"}}}
    spec = ToolSpec("check_stock", "lambda", configuration, schema, "read", 0)
    executor, clock = executor_for("lambda"), SystemClock()

    def once() -> None:
        call = ToolCall("1", EVENT, {"phone_number": "+12025550100"}, 10, FixedSecrets(keys))
        outcome = run(spec, call, executor, clock)
        if outcome.status != "success":
            raise RuntimeError(outcome.detail or outcome.public_message)

    return once


def _bare(url: str) -> Callable[[], None]:
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "lambda",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=account.ACCESS_KEY_ID,
        aws_secret_access_key=account.SECRET_ACCESS_KEY,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
    )
    payload = json.dumps({"phone_number": "+12025550100", "parameters": EVENT}).encode()

    def once() -> None:
        answer = client.invoke(FunctionName=FUNCTION, LogType="Tail", Payload=payload)
        json.loads(answer["Payload"].read())

    return once
