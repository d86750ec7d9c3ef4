"""200 paused conversations whose servers are killed at random, and streams cut at every event."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.results import verdict

TALKS, KILLS = 200, 12
SECONDS = 900
EVENTS = 200


def soaked(
    env: dict[str, str], say: Callable[[str], None], talks: int, kills: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the account of `talks` conversations and `kills` kills, and what it is judged as."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.conversation_soak_run", str(talks), str(kills)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    watchdog = threading.Timer(SECONDS, process.terminate)
    watchdog.start()
    last = ""
    for last in process.stdout:
        if not last.startswith("{"):
            say(f"conversations: {last.strip()}")
    process.stdout.close()
    watchdog.cancel()
    if process.wait() or not last.startswith("{"):
        raise RuntimeError(f"The program of the soak ended with {process.returncode}: {last}")
    figures = json.loads(last)
    return figures, {**_of_talks(figures["talks"]), **_of_cuts(figures["cuts"])}


def _of_talks(found: dict[str, Any]) -> dict[str, str]:
    unfinished = found["conversations"] - found["completed"]
    return {
        "soak: conversations not completed": verdict(unfinished, 0),
        "soak: calls without exactly one result": verdict(found["results_off"], 0),
        "soak: answers taken twice": verdict(found["taken_twice"], 0),
        "soak: changes made twice": verdict(found["changes_twice"], 0),
        "soak: steps asked again without a kill": verdict(found["asked_again_unexplained"], 0),
        "soak: steps never asked, or asked beside those": verdict(found["steps_off"], 0),
        "soak: answers of the server's own errors": verdict(found["errors"], 0),
    }


def _of_cuts(found: dict[str, Any]) -> dict[str, str]:
    return {
        f"soak: long run of at least {EVENTS} events": verdict(-found["events"], -EVENTS),
        "soak: replays elsewhere that differ": verdict(found["replays_off"], 0),
        "soak: events lost or doubled by a live stream cut at each": verdict(found["live_off"], 0),
    }
