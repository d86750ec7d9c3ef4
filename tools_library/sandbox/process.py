"""The parent's handle of one zygote: starts it by exec, hands it jobs, ends it; stdlib only."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from tools_library.sandbox import control, limits
from tools_library.sandbox.exchange import Exchange, Said
from tools_library.sandbox.types import HttpPort, Wall

# What the library would do in every forked child (new locks for threads, new random numbers) costs
# a hundred copied memory pages. Here are no threads, and a child seeds its random numbers itself.
BOOT = """
import os, sys
control, sys.path[:] = int(sys.argv[1]), sys.argv[2:]
os.register_at_fork = lambda **_: None
try:
    from tools_library.sandbox.zygote import main
except BaseException as error:
    import json, socket
    why = f"{type(error).__name__}: {error}"
    socket.socket(fileno=control).send(json.dumps({"kind": "failed", "why": why}).encode())
else:
    main(control)
"""
_ROOT = str(Path(__file__).resolve().parents[2])
_MESSAGE_BYTES = 64 * 1024


class StartFailed(Exception):
    """The zygote cannot run tools here; the text says why."""

    def __init__(self, why: str, walls: tuple[Wall, ...] = ()) -> None:
        super().__init__(why)
        self.walls = walls


class ZygoteGone(Exception):
    """The zygote takes no jobs any more."""


class Zygote:
    """One running zygote; safe for threads.

    Args:
        boot: the program it starts with; gets its control descriptor and a module path.
    """

    def __init__(self, boot: str = BOOT) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = [_ROOT, *(entry for entry in sys.path if entry.startswith("/") and entry != _ROOT)]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this Python and our own program
                [sys.executable, "-I", "-S", "-c", boot, str(theirs.fileno()), *path],
                env={},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                # Not among those whom a Ctrl-C at the terminal reaches: it ends with its parent.
                start_new_session=True,
            )
        self._late_at = time.monotonic() + limits.START_SECONDS
        self._lock = Lock()
        self._hello: dict[str, Any] | None = None
        self.walls: tuple[Wall, ...] = ()

    @property
    def pid(self) -> int:
        """The process this one started; the one that forks may be its child."""
        return self._process.pid

    @property
    def policy(self) -> str:
        """The version of the policy inside; known once it is ready."""
        return str((self._hello or {}).get("policy", ""))

    def wait_ready(self, until: float) -> bool:
        """Wait until it takes jobs; return whether this caller is the first who sees it ready.

        Raises:
            TimeoutError: not by `until` (`time.monotonic()`); it may still be starting.
            StartFailed: it cannot run tools on this machine.
        """
        if self._hello is not None:
            return False
        if not self._lock.acquire(timeout=max(0.0, until - time.monotonic())):
            raise TimeoutError
        try:
            if self._hello is not None:
                return False
            self._hello = self._listen(until)
            return True
        finally:
            self._lock.release()

    def _listen(self, until: float) -> dict[str, Any]:
        self._control.settimeout(max(0.001, min(until, self._late_at) - time.monotonic()))
        try:
            body = self._control.recv(_MESSAGE_BYTES)
        except TimeoutError:
            if time.monotonic() >= self._late_at:
                raise StartFailed("the sandbox's process did not get ready") from None
            raise
        except OSError as error:
            raise StartFailed(f"the sandbox's process cannot be reached: {error}") from None
        if not body:
            raise StartFailed("the sandbox's process ended at its start")
        hello: dict[str, Any] = json.loads(body)
        self.walls = tuple(Wall(**wall) for wall in hello.get("walls", ()))
        if hello["kind"] != "ready":
            raise StartFailed(hello["why"], self.walls)
        self._control.settimeout(limits.GRACE_SECONDS)
        return hello

    def run(
        self, frame: bytes, http: HttpPort | None, *, memory_limit_mb: int, timeout_s: float
    ) -> Said:
        """Have one child do the job in `frame`.

        Raises:
            ZygoteGone: the job could not be handed over; nothing of it ran.
        """
        job, child_job = socket.socketpair()
        report, zygote_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        body = control.pack(control.Order(memory_limit_mb, timeout_s))
        try:
            with child_job, zygote_report, self._lock:
                descriptors = [child_job.fileno(), zygote_report.fileno()]
                socket.send_fds(self._control, [body], descriptors)
        except OSError as error:
            job.close()
            report.close()
            raise ZygoteGone(str(error)) from None
        stop_at = time.monotonic() + timeout_s + limits.GRACE_SECONDS
        return Exchange(job, report, frame, http, stop_at).run()

    def stop(self, patience_s: float = limits.GOODBYE_SECONDS) -> None:
        """End it with all its children; one that does not leave by itself in time is killed."""
        self._hang_up()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _hang_up(self) -> None:
        with suppress(OSError):  # whoever waits for a message has waited long enough
            self._control.shutdown(socket.SHUT_RDWR)
        # Not while somebody sends: the number of a closed descriptor may be another's already.
        with self._lock:
            self._control.close()

    def disown(self) -> None:
        """Let go of a zygote that belongs to the process this one was forked from."""
        with suppress(OSError):
            self._control.close()
        self._process.returncode = 0  # it is not ours to wait for
