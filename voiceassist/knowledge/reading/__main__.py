"""The process that reads one file: its bytes come in, its parts go out as JSON.

It bounds its own memory and processor time first, for the file may be made to exhaust both.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from importlib import import_module
from typing import Any

from voiceassist.knowledge.reading.chunking import chunks
from voiceassist.knowledge.reading.types import Unreadable

MEMORY_BYTES = 512 * 1024 * 1024
PROCESSOR_SECONDS = 20
OUT_OF_MEMORY = 12


def main(kind: str) -> int:
    """Read standard input as a file of a kind; return the process's exit code."""
    _bound(resource.RLIMIT_AS, MEMORY_BYTES)
    _bound(resource.RLIMIT_CPU, PROCESSOR_SECONDS)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_CORE, 0)
    reader = import_module(f"voiceassist.knowledge.reading.{kind}")
    try:
        found = reader.read(sys.stdin.buffer.read())
        parts = [[each.heading, each.text] for each in chunks(found.sections)]
    except Unreadable as error:
        answer: dict[str, Any] = {"error": str(error)}
    except MemoryError:
        return OUT_OF_MEMORY
    else:
        answer = {"title": found.title, "parts": parts}
    sys.stdout.buffer.write(json.dumps(answer).encode())
    return 0


def _bound(what: int, most: int) -> None:
    with contextlib.suppress(OSError, ValueError):  # not every system has every bound
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
