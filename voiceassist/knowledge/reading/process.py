"""Reads a stranger's file in a process of its own, so that no file takes this one with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from voiceassist.knowledge.reading.chunking import Chunk
from voiceassist.knowledge.reading.types import Unreadable

Format = Literal["plain", "markdown", "html", "pdf"]

SECONDS = 30.0
_ROOT = Path(__file__).resolve().parents[3]
_TOO_MUCH = (
    "Reading it takes more {what} than a file may use: it may be damaged, or made to do that. "
    "Save it again, or split it into several."
)


@dataclass(frozen=True)
class File:
    """A file's parts in order, and the title that it gives itself, or ""."""

    title: str
    parts: tuple[Chunk, ...]


def read(data: bytes, form: Format, *, seconds: float = SECONDS) -> File:
    """Return what a file says; the caller waits up to `seconds`.

    Raises:
        Unreadable: it cannot be read, or not within its time and memory.
    """
    # No setting goes along: what reads strangers' files knows no secret.
    env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "voiceassist.knowledge.reading", form],
            input=data, capture_output=True, cwd=_ROOT, env=env, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unreadable(_TOO_MUCH.format(what="time")) from None
    if done.returncode:
        raise Unreadable(_TOO_MUCH.format(what=_exhausted(done.returncode)))
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise Unreadable(str(answer["error"]))
    parts = tuple(Chunk(heading, text) for heading, text in answer["parts"])
    if not parts:
        raise Unreadable("It holds no text.")
    return File(str(answer["title"]), parts)


def _exhausted(code: int) -> str:
    return "time" if -code in (signal.SIGXCPU, signal.SIGKILL) else "memory"
