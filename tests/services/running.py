"""Starts the keeper of the test servers and holds it; imports only the standard library."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class ServicesError(RuntimeError):
    """The servers could not be started; the message says why and what to install."""


@dataclass(frozen=True)
class RunningServices:
    """Servers that live until `stop`, or until this process is gone however it went."""

    env: dict[str, str]
    versions: tuple[str, ...]
    keeper: subprocess.Popen[str]

    def stop(self) -> None:
        """Stop the servers and wait until their folder is removed."""
        if self.keeper.stdin is not None and not self.keeper.stdin.closed:
            self.keeper.stdin.close()
        self.keeper.wait(timeout=150)
        if self.keeper.stdout is not None:
            self.keeper.stdout.close()


def start_services(*wanted: str) -> RunningServices:
    """Start the servers named (`postgres`, `redis`).

    Raises:
        ServicesError: one is not installed or did not start.
    """
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.services.keeper", *wanted],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,  # Ctrl-C reaches the test run only, which then lets go
    )
    assert keeper.stdout is not None
    line = keeper.stdout.readline()
    answer = json.loads(line) if line else {"error": "the keeper of the test servers ended"}
    running = RunningServices(answer.get("env", {}), tuple(answer.get("versions", ())), keeper)
    if "error" in answer:
        running.stop()
        raise ServicesError(answer["error"])
    return running
