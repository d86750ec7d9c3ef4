"""`make check`: every look at the code that runs no test; all of them, then one verdict.

Imports only the standard library.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PYTHON = [sys.executable, "manage.py"]

# The settings of a deployment, so that the deployment checks judge what would be deployed.
DEPLOYMENT = {
    "SECRET_KEY": "check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "CREDENTIALS_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "PUBLIC_URL": "https://voice.example.com",
    "OPENAI_API_KEY": "check",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "check",
    "DEBUG": "0",
    "DEMO": "0",
}
DEMO = {"DEMO": "1"}

CHECKS: tuple[tuple[str, list[str], dict[str, str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}),
    ("style", [str(BIN / "ruff"), "check", "--quiet", "."], {}),
    ("imports", [str(BIN / "lint-imports"), "--no-cache"], DEMO),
    ("types", [str(BIN / "mypy"), "config", "voiceassist", "tools_library", "calls"], DEMO),
    ("deployment", [*PYTHON, "check", "--deploy", "--fail-level", "WARNING"], DEPLOYMENT),
    ("migrations", [*PYTHON, "makemigrations", "--check", "--dry-run"], DEMO),
    (
        "schema",
        [*PYTHON, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
        DEMO,
    ),
)


def main(names: list[str]) -> int:
    """Run the checks named, or all; print what the failing ones say. 1 where one failed."""
    failed = []
    for name, command, env in CHECKS:
        if names and name not in names:
            continue
        began = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True
        )
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:<11} {word:<7} {time.monotonic() - began:5.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if failed:
        print(f"make check: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
