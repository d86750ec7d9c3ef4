"""Tries at every start of a zygote what no tool may do; imports the stdlib and the lockdown.

A child locked exactly like one that runs tools attempts each; one success, and Python tools are
off. The report goes through the only descriptor it has.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import NoReturn

from tools_library.sandbox import lockdown
from tools_library.sandbox.kernel import CallFilter

MEMORY_MB = 32
SECONDS = 5.0
_BIG = 400 * 1024 * 1024
_HELD, _FAILED, _CRASHED = b"+", b"-", 70


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _exec() -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606 - that this fails is the test


def _open() -> None:
    os.close(os.open("/dev/null", os.O_RDONLY))


def _socket() -> None:
    socket.socket().close()


def _allocate() -> None:
    bytearray(_BIG)


def _raise_a_limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))


ATTEMPTS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("open a socket", _socket),
    ("open a file", _open),
    ("start a process", _fork),
    ("start a program", _exec),
    ("take 400 MB", _allocate),
    ("change a limit", _raise_a_limit),
)


def attempt(
    job_fd: int, child: lockdown.ChildLimits, calls: CallFilter, zygote_pid: int
) -> NoReturn:
    """Lock this child, make every attempt and send one byte for each; ends the process."""
    status = _CRASHED
    try:
        lockdown.take(job_fd)
        try:
            lockdown.lock(child, calls, zygote_pid)
        except BaseException as error:
            os.write(lockdown.JOB_FD, f"{type(error).__name__}: {error}".encode())
        else:
            os.write(lockdown.JOB_FD, b"".join(_held(doing) for _name, doing in ATTEMPTS))
            status = 0
    finally:
        os._exit(status)


def judge(report: bytes, status: int | None) -> str:
    """Return why the sandbox cannot be trusted, or an empty text.

    Args:
        report: what the child sent.
        status: its exit code; None when it was killed or took too long.
    """
    if status != 0:
        said = report.decode("utf-8", "replace")[:200] or "it ended without a word"
        return f"the self-test could not be locked in: {said}"
    if len(report) != len(ATTEMPTS):
        return "the self-test did not finish"
    done = [name for (name, _doing), held in zip(ATTEMPTS, report, strict=True) if held != _HELD[0]]
    return f"a locked child could still {', '.join(done)}" if done else ""


def _held(doing: Callable[[], None]) -> bytes:
    try:
        doing()
    except (OSError, ValueError, MemoryError):
        return _HELD
    return _FAILED
