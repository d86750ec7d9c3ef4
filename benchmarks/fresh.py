"""`fresh`: from `git clone` to a served page and a call, with empty package caches and warm ones.

What is committed is cloned; it runs with an environment and a home of its own. Imports the
standard library and the tests' ports.
"""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.results import verdict
from tests.services.ports import free_port, wait_for

Say = Callable[[str], None]

PATIENCE_SECONDS = 900
KEPT = ("PATH", "LANG", "SSL_CERT_FILE")
KEPT_PREFIXES = ("PIP_", "UV_")  # where packages come from is the machine's affair
KEPT_SUFFIX = "_PROXY"


def fresh(say: Say) -> dict[str, Any]:
    """Return the seconds of a first start with each cache, of a call, and of a second start."""
    with tempfile.TemporaryDirectory(prefix="voiceassist-fresh-") as name:
        folder = Path(name)
        env = _environment(folder / "home")
        empty = _clone(folder / "empty_cache")
        figures: dict[str, Any] = {}
        with _running(empty, env) as (port, seconds):
            figures["empty_cache_s"] = seconds
            figures["call_s"], figures["call_exit_code"] = _call(empty, env, port)
        say(f"fresh: {figures}")
        with _running(empty, env) as (_, seconds):
            figures["second_start_s"] = seconds
        with _running(_clone(folder / "warm_cache"), env) as (_, seconds):
            figures["warm_cache_s"] = seconds
        say(f"fresh: {figures}")
    return {
        "figures": figures,
        "verdicts": {
            "empty package cache: served <= 60 s": verdict(figures["empty_cache_s"], 60),
            "warm package cache: served <= 30 s": verdict(figures["warm_cache_s"], 30),
            "the call comes to its end": verdict(figures["call_exit_code"], 0),
        },
    }


def _environment(home: Path) -> dict[str, str]:
    """Return what somebody has who has just come: an empty home, hence empty caches."""
    home.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES) or name.upper().endswith(KEPT_SUFFIX)
    }
    settings = Path.home() / ".config" / "pip" / "pip.conf"
    if settings.exists():
        kept.setdefault("PIP_CONFIG_FILE", str(settings))
    kept.pop("UV_CACHE_DIR", None)
    kept.pop("PIP_CACHE_DIR", None)
    return {**kept, "HOME": str(home)}


def _clone(to: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(to)], check=True)
    return to


@contextmanager
def _running(clone: Path, env: dict[str, str]) -> Iterator[tuple[int, float]]:
    """Run `make run`; gives its port, and the seconds until a page was served."""
    port, log = free_port(), clone.with_suffix(".log")
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=clone,
            env=env,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_for(
            lambda: _serves(f"http://127.0.0.1:{port}/accounts/login/"),
            seconds=PATIENCE_SECONDS,
            what="`make run`",
            log=lambda: log.read_text(errors="replace")[-3000:],
            alive=lambda: process.poll() is None,
        )
        yield port, round(time.monotonic() - began, 2)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


def _serves(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _call(clone: Path, env: dict[str, str], port: int) -> tuple[float, int]:
    """Run `make call` to its end; return its seconds and its exit code."""
    began = time.monotonic()
    done = subprocess.run(
        ["make", "call", f"PORT={port}"], cwd=clone, env=env, capture_output=True, timeout=300
    )
    return round(time.monotonic() - began, 2), done.returncode
