"""Starts processes of the product on the test database; they end with their `with` block."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from tests.services.ports import wait_for

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """Return the address of the test database, which pytest-django made beside the named one."""
    it = connection.settings_dict
    return (
        f"postgres://{it['USER']}:{quote(it['PASSWORD'])}@{it['HOST'] or 'localhost'}:{it['PORT']}"
        f"/{it['NAME']}"
    )


@contextmanager
def celery_worker(log: Path, *, tools_at: int) -> Iterator[Path]:
    """Run a Celery worker for both queues, whose tools reach a server on that local port."""
    arguments = [
        "worker", "-Q", "live,default", "-P", "threads", "-c", "16", "-l", "INFO",
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    env = _environment(OUTBOUND_ALLOW=f"127.0.0.1:{tools_at}", PYTHONWARNINGS="default")
    command = ["-m", "celery", "-A", "config.celery", *arguments]
    with running(command, env, log, "the worker", lambda: " ready." in _text(log)):
        yield log


@contextmanager
def running(
    command: list[str], env: dict[str, str], log: Path, what: str, ready: Callable[[], bool]
) -> Iterator[None]:
    """Run Python with these arguments, its output in `log`, from when it is ready to the end."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait_for(
            ready, seconds=180, what=what, log=lambda: _text(log)[-3000:],
            alive=lambda: process.poll() is None,
        )  # fmt: skip
        yield
    finally:
        process.terminate()
        process.wait(120)


def _text(log: Path) -> str:
    return log.read_text(errors="replace")


class Program:
    """A Python module in a process of its own that takes and gives one line of JSON at a time."""

    def __init__(self, module: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT, env=_environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *error: object) -> None:
        """Let it end by itself."""
        self.process.communicate(timeout=120)

    def tell(self, **command: Any) -> None:
        """Send a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def read(self) -> Any:
        """Return the next answer; blocks until it comes.

        Raises:
            EOFError: the program has ended.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise EOFError(f"the program ended with {self.process.wait(90)}")
        return json.loads(line)

    def ask(self, **command: Any) -> Any:
        """Send a command and return its answer."""
        self.tell(**command)
        return self.read()

    def kill(self) -> int:
        """End it as a crash does (SIGKILL); return its exit code."""
        self.process.kill()
        return self.process.wait(90)


def _environment(**more: str) -> dict[str, str]:
    own = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return {**os.environ, **own, **more}
