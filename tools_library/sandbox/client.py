"""The sandbox as the server sees it: `sandbox().run(job, …)`; imports the stdlib and sharing.

One zygote per process, started at the first need, started anew when it died, never shared with a
forked process. Many threads may run tools at once; what their children may use is bounded
(`sandbox.admission`).
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
import weakref
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from tools_library.sandbox import admission, limits, outcomes, wire
from tools_library.sandbox.admission import Admission
from tools_library.sandbox.cache import CodeCache
from tools_library.sandbox.exchange import Said
from tools_library.sandbox.process import BOOT, StartFailed, Zygote, ZygoteGone
from tools_library.sandbox.types import (
    Finished,
    HttpPort,
    Job,
    Problem,
    SandboxStatus,
    Wall,
)

logger = logging.getLogger(__name__)

__all__ = ["Finished", "Job", "Problem", "Sandbox", "SandboxStatus", "sandbox"]

_TOO_LONG = Problem(f"The code is longer than {limits.SOURCE_BYTES // 1024} KB; shorten it.", 1, 1)


class Unavailable(Exception):
    """Python tools cannot run here; the text says why."""


class Sandbox:
    """Runs and validates Python tools in locked children; safe for threads.

    Args:
        concurrency: children of one party that use the processor at one time; default two per
            core. Those that wait for an HTTP answer do not count.
        total: the same of all parties; default four times that, so that one cannot stop the rest.
        memory_mb: what all living children may be allowed together, those that wait for an HTTP
            answer too; default half of the machine's. One party may have half of it.
        boot: the program of the zygote; tests put other walls and policies in.
    """

    def __init__(
        self,
        *,
        concurrency: int | None = None,
        total: int | None = None,
        memory_mb: int | None = None,
        boot: str = BOOT,
    ) -> None:
        self._boot = boot
        self._bounds = admission.bounds(concurrency, total, memory_mb)
        self._reset()
        _all.add(self)

    def _reset(self) -> None:
        self._admission = Admission(self._bounds)
        self._lock = Lock()
        self._cache = CodeCache()
        self._zygote: Zygote | None = None
        self._failed: StartFailed | None = None
        self._retry_at = 0.0
        self._closed = False

    def run(
        self, job: Job, *, http: HttpPort, deadline_s: float, mask: outcomes.Mask = str
    ) -> Finished:
        """Run a tool once and say how it ended; failures of the tool are no exceptions.

        Args:
            http: does the tool's HTTP calls, in this thread.
            deadline_s: seconds this may take in all, queueing included.
            mask: hides secrets in what the tool prints and in its error, before those are cut.

        Raises:
            Exception: only what `http` raises; the tool's process is ended then.
        """
        began = time.monotonic()
        until = began + deadline_s
        try:
            finished = self._run(job, http, until, mask)
        except Unavailable as error:
            finished = outcomes.unavailable(str(error))
        except admission.NoRoom as error:
            finished = outcomes.timed_out(str(error))
        except TimeoutError:
            finished = outcomes.timed_out(admission.BUSY)
        return outcomes.lasting(finished, time.monotonic() - began)

    def validate(self, code: str, allowed_imports: Collection[str]) -> tuple[Problem, ...]:
        """Return what is wrong with a tool's code, without running it.

        Where the sandbox is unavailable that is the one problem: nothing else can judge code.
        """
        if _too_long(code):
            return (_TOO_LONG,)
        message = {"mode": "check", "code": code, "allowed_imports": list(allowed_imports)}
        until = time.monotonic() + 2 * limits.COMPILE_SECONDS
        try:
            said = self._judge(message, until)
        except Unavailable as error:
            return (Problem(f"Python tools are unavailable: {error}"),)
        except TimeoutError:
            return (Problem("The sandbox is busy; try again."),)
        return outcomes.problems(said)

    def start(self) -> None:
        """Begin to start the zygote, so that the first run need not wait for it; returns at once.

        Where tools cannot run, the first run says so.
        """
        with suppress(Unavailable):
            self._current()

    def status(self, timeout_s: float = 5.0) -> SandboxStatus:
        """Say whether tools can run and which walls stand; starts the zygote if need be."""
        try:
            zygote = self._ready(time.monotonic() + timeout_s)
        except Unavailable as error:
            walls = self._failed.walls if self._failed else ()
            return SandboxStatus(False, str(error), walls)
        except TimeoutError:
            return SandboxStatus(False, "it is still starting")
        return SandboxStatus(True, "", zygote.walls)

    @property
    def zygote_pid(self) -> int | None:
        """The process that was started for the sandbox, None while there is none."""
        return self._zygote.pid if self._zygote else None

    def close(self) -> None:
        """End the zygote and whatever runs; later runs are unavailable."""
        with self._lock:
            zygote, self._zygote, self._closed = self._zygote, None, True
        if zygote is not None:
            zygote.stop(limits.GRACE_SECONDS)

    def forget(self) -> None:
        """Begin anew in a forked process: the zygote belongs to the one it was forked from."""
        zygote, closed = self._zygote, self._closed
        self._reset()
        self._closed = closed
        if zygote is not None:
            zygote.disown()

    def _run(self, job: Job, http: HttpPort, until: float, mask: outcomes.Mask) -> Finished:
        if _too_long(job.code):
            return outcomes.rejected((_TOO_LONG,))
        blob = self._compiled(job.code, until)
        if isinstance(blob, Finished):
            return blob
        memory = max(limits.MIN_MEMORY_MB, min(job.memory_limit_mb, limits.MAX_MEMORY_MB))
        with self._admission.of(memory, until) as child:
            timeout = min(job.timeout_s, until - time.monotonic())
            if timeout <= 0:
                raise TimeoutError
            try:
                frame = _frame(_message(job, blob))
            except (wire.TooLarge, TypeError, ValueError, RecursionError) as error:
                return outcomes.unfit(error)
            said = self._exchange(frame, child.lending(http, timeout), memory, timeout, until)
            return outcomes.finished(said, memory, timeout, mask)

    def _compiled(self, code: str, until: float) -> str | Finished:
        """Return the code as a child runs it, or how the run ends without it."""
        policy = self._ready(until).policy
        blob = self._cache.get(code, policy)
        if blob is not None:
            return blob
        compiled = outcomes.compiled(self._judge({"mode": "compile", "code": code}, until))
        if isinstance(compiled, str):
            self._cache.put(code, policy, compiled)
        return compiled

    def _judge(self, message: Mapping[str, Any], until: float) -> Said:
        memory = limits.COMPILE_MEMORY_MB
        with self._admission.of(memory, until):
            timeout = min(limits.COMPILE_SECONDS, until - time.monotonic())
            if timeout <= 0:
                raise TimeoutError
            return self._exchange(_frame(message), None, memory, timeout, until)

    def _exchange(
        self, frame: bytes, http: HttpPort | None, memory: int, timeout: float, until: float
    ) -> Said:
        for again in (True, False):
            zygote = self._ready(until)
            try:
                said = zygote.run(frame, http, memory_limit_mb=memory, timeout_s=timeout)
            except ZygoteGone:
                self._discard(zygote)
                if not again:
                    raise Unavailable("its process keeps ending") from None
                continue
            if said.hung or said.report is None:
                self._discard(zygote)
            # What only judges code may be done twice. A tool may not: it may have acted already.
            if said.report is not None or said.hung or http is not None:
                break
        return said

    def _ready(self, until: float) -> Zygote:
        zygote = self._current()
        try:
            if zygote.wait_ready(until):
                _tell_missing(zygote.walls)
        except StartFailed as error:
            with self._lock:
                if self._zygote is zygote:
                    self._zygote, self._failed = None, error
                    self._retry_at = time.monotonic() + limits.RETRY_SECONDS
                    zygote.stop()
                    logger.error("sandbox.unavailable", extra={"why": str(error)})
            raise Unavailable(str(error)) from None
        return zygote

    def _current(self) -> Zygote:
        if sys.platform != "linux":
            raise Unavailable(f"Python tools need Linux; this machine runs {sys.platform}")
        with self._lock:
            if self._closed:
                raise Unavailable("the server is stopping")
            if self._failed is not None and time.monotonic() < self._retry_at:
                raise Unavailable(str(self._failed))
            if self._zygote is None:
                try:
                    self._zygote = Zygote(self._boot)
                except (OSError, ValueError) as error:
                    self._failed = StartFailed(f"its process cannot be started: {error}")
                    self._retry_at = time.monotonic() + limits.RETRY_SECONDS
                    raise Unavailable(str(self._failed)) from None
            return self._zygote

    def _discard(self, zygote: Zygote) -> None:
        with self._lock:
            current = self._zygote is zygote
            if current:
                self._zygote = None
        if current:
            logger.warning("sandbox.restarting", extra={"why": "its process ended or hung"})
        zygote.stop()


def _tell_missing(walls: Iterable[Wall]) -> None:
    for wall in walls:
        if not wall.on:
            logger.warning("sandbox.wall_missing", extra={"wall": wall.name, "why": wall.why})


def _message(job: Job, blob: str) -> dict[str, Any]:
    return {
        "mode": "run",
        "blob": blob,
        "allowed_imports": list(job.allowed_imports),
        "parameters": job.parameters,
        "context": job.context,
    }


def _frame(message: Mapping[str, Any]) -> bytes:
    return wire.encode({"kind": "job", **message}, limits.TO_CHILD_BYTES)


def _too_long(code: str) -> bool:
    return len(code.encode("utf-8", "surrogatepass")) > limits.SOURCE_BYTES


_all: weakref.WeakSet[Sandbox] = weakref.WeakSet()
_shared: Sandbox | None = None
_shared_lock = Lock()


def sandbox() -> Sandbox:
    """Return the sandbox of this process."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Sandbox()
        return _shared


def _forget_all() -> None:
    global _shared_lock
    _shared_lock = Lock()
    for each in list(_all):
        each.forget()


def _close_all() -> None:
    for each in list(_all):
        each.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
atexit.register(_close_all)
