"""`conversations`: what a step costs beside its bare SQL, how fast its words go out, and that
nothing is lost or done twice when servers are killed.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import conversation_soak, conversation_streams
from benchmarks.processes import ROOT
from benchmarks.results import quantiles, verdict
from tests.services.running import start_services

TIMES = 2.0
FIRST_TOKEN_MS = 5.0


def conversations(
    say: Callable[[str], None], rounds: int, talks: int, kills: int
) -> dict[str, Any]:
    """Time `rounds` steps of each kind beside their bare statements, then 200 open streams; then
    kill the servers of `talks` paused conversations.
    """
    with _servers() as env:
        steps = _steps(env, rounds)
        say(f"conversations: steps {steps}")
    with _servers() as env:  # no process is to bring on what the timed steps left
        streams = conversation_streams.measured(env)
        say(f"conversations: streams {streams}")
    with _servers() as env:  # whose rows are all the soak's
        soak, soak_verdicts = conversation_soak.soaked(env, say, talks, kills)
        say(f"conversations: soak {soak}")
    verdicts = {
        f"{kind}: a step's time / its bare SQL <= {TIMES:g}": verdict(found["ratio"], TIMES)
        for kind, found in steps.items()
    }
    verdicts[f"first token p50 <= {FIRST_TOKEN_MS:g} ms, 200 streams"] = verdict(
        streams["product"]["p50_ms"], FIRST_TOKEN_MS
    )
    figures = {"steps": steps, "streams": streams, "soak": soak}
    return {"figures": figures, "verdicts": verdicts | soak_verdicts}


def _steps(env: dict[str, str], rounds: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.conversation_steps", str(rounds)],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=1_800,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3_000:])
    found = json.loads(done.stdout.splitlines()[-1])
    return {kind: _judged(each) for kind, each in found.items()}


def _judged(found: dict[str, Any]) -> dict[str, Any]:
    ratio = statistics.median(found["steps"]) / statistics.median(found["bare"])
    return {
        "statements": found["statements"],
        "transactions": found["transactions"],
        "step": quantiles(found["steps"]),
        "bare": quantiles(found["bare"]),
        "ratio": round(ratio, 2),
    }


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """Run a database and a Redis; yield the environment of programs that use them."""
    services = start_services("postgres", "redis")
    try:
        yield _environment(services.env)
    finally:
        services.stop()


def _environment(services: dict[str, str]) -> dict[str, str]:
    nowhere = "http://127.0.0.1:1"
    return {
        **os.environ, **services, "CELERY_BROKER_URL": "", "DEMO": "1", "PUBLIC_URL": nowhere,
        "DJANGO_SETTINGS_MODULE": "config.settings.base", "TWILIO_API_BASE_URL": nowhere,
        "AWS_ENDPOINT_URL": nowhere, "OPENAI_BASE_URL": f"{nowhere}/v1",
    }  # fmt: skip
