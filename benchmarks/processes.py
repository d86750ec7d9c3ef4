"""Processes of a benchmark: start them, read the scheduler's counters of their whole tree.

Imports only the standard library.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Child:
    """A Python module that runs as a process and printed `ready`."""

    process: subprocess.Popen[str]
    errors: IO[str]

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def line(self) -> str:
        """Return the next line it prints.

        Raises:
            RuntimeError: it ended; the text holds its standard error.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(f"{self.process.args} ended:\n{self.errors.read()[-3000:]}")
        return line.strip()

    def stop(self) -> None:
        """End it and wait."""
        self.process.terminate()
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()


def start(module: str, *arguments: str, ready: bool = True) -> Child:
    """Start a module; with `ready` wait until it prints that word."""
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by stop
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    child = Child(process, errors)
    if ready and (word := child.line()) != "ready":
        raise RuntimeError(f"{module} said {word!r}")
    return child


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its descendants: every thread's run time."""
    total = 0
    for member in _tree(pid):
        for task in Path(f"/proc/{member}/task").glob("*/schedstat"):
            with suppress(OSError):  # a thread that ended meanwhile
                total += int(task.read_text().split()[0])
    return total / 1e9


def memory_mb(pid: int) -> float:
    """Return the memory of a process and its descendants (PSS), in MB."""
    total = 0
    for member in _tree(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def _tree(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                # The name in parentheses may hold spaces; the parent is two fields after it.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    members = [pid]
    for member in members:
        members.extend(children.get(member, []))
    return members


@contextmanager
def awake() -> Iterator[None]:
    """Keep idle processors from being put to sleep, where the machine lets us ask for it.

    A virtual machine's sleeping processor is given to others, and who wakes it waits for its
    return. The kernel grants a wake-up within 0 us for as long as the file is open ("PM QoS").
    """
    try:
        asked = os.open("/dev/cpu_dma_latency", os.O_WRONLY)
    except OSError:  # no such device here, or not ours: measured as the machine is
        yield
        return
    try:
        os.write(asked, (0).to_bytes(4, sys.byteorder))
        yield
    finally:
        os.close(asked)
