"""Loads the settings under any environment, each time in a process of its own.

Such a process is forked from one that has imported the libraries, and imports only the settings.
"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

COMPLETE = {
    "SECRET_KEY": "a-key-for-this-test-" + "0123456789abcdef" * 3,
    "CREDENTIALS_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "PUBLIC_URL": "https://voice.example.com",
    "OPENAI_API_KEY": "key",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "DEBUG": "0",
    "DEMO": "0",
}

_PROGRAM = """
import json, os, sys, tempfile
import config.settings.base

for line in sys.stdin:
    asked = json.loads(line)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ.clear()
            os.environ.update(asked["env"])
            for name in [each for each in sys.modules if each.partition(".")[0] == "config"]:
                del sys.modules[name]
            exec(asked["code"], {})
            sys.stdout.flush()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        print(json.dumps([code, out.read(), err.read()]), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """How a process ended that loaded the settings."""

    returncode: int
    stdout: str
    stderr: str


def start(code: str = "import config.settings.base", /, **changed: str | None) -> Done:
    """Run `code` under a complete environment with changes; None takes a variable out."""
    env = COMPLETE | {name: value for name, value in changed.items() if value is not None}
    for name in changed:
        if changed[name] is None:
            env.pop(name, None)
    process = _forker()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({"code": code, "env": _with_path(env)}) + "\n")
    process.stdin.flush()
    return Done(*json.loads(process.stdout.readline()))


@cache
def _forker() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        cwd=ROOT,
        env=_with_path(COMPLETE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def _with_path(env: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore", **env}
