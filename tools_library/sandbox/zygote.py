"""The process that tools are forked from; imports the stdlib, pyseccomp and `sandbox.policy`.

Started by exec with an empty environment and one socket. It imports and prepares everything once,
gives up what it can, then forks a child per job. It never reads a job: that goes from the parent
to the locked child through a socket of its own. It is single-threaded, and it kills at deadlines.

Control messages are datagrams of JSON. From here: one `ready` or `failed`. To here, per run: two
sockets with `memory_limit_mb` and `timeout_s`; the first is the child's, into the second goes one
report when the child is gone. The parent closing the writing half of the second ends the child.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, NoReturn

from tools_library.sandbox import calls, child, kernel, lockdown, policy, selftest, walls
from tools_library.sandbox.types import Wall

_MESSAGE_BYTES = 4096
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class _Run:
    """A child that runs: how to see its end, where to report it, when it is late."""

    pid: int
    pidfd: int
    report: socket.socket
    ends_at: float
    timed_out: bool = False


@dataclass(frozen=True)
class _Prepared:
    filter: kernel.CallFilter
    address_space: int
    pid: int
    idle_kb: int


def main(control_fd: int) -> None:
    """Prepare, tell the parent how it went, and serve until the parent closes its socket."""
    control = socket.socket(fileno=control_fd)
    standing: list[Wall] = []
    try:
        prepared = _prepare(control, standing)
    except Exception as error:
        message = {"kind": "failed", "why": _explained(error), "walls": _shown(standing)}
        control.send(json.dumps(message).encode())
        return
    ready = {"kind": "ready", "policy": policy.VERSION, "walls": _shown(standing)}
    control.send(json.dumps(ready).encode())
    _Loop(control, prepared).serve()


def _prepare(control: socket.socket, standing: list[Wall]) -> _Prepared:
    policy.warm_up()
    prepared_filter = calls.build_filter()
    with open("/proc/self/statm") as statm:
        address_space = int(statm.read().split()[0]) * _PAGE
    os.environ.clear()
    standing += walls.put_up()
    if walls.has(standing, "pid namespace"):
        _become_first(control)
    gc.collect()
    gc.freeze()
    prepared = _Prepared(prepared_filter, address_space, os.getpid(), 0)
    idle_kb = _test(prepared)
    standing += [
        Wall(name, required=True, on=True)
        for name in ("system call filter", "limits", "closed descriptors", "self-test")
    ]
    return _Prepared(prepared_filter, address_space, os.getpid(), idle_kb)


def _become_first(control: socket.socket) -> None:
    """Go on in the first process of the new pid namespace: when it dies, the kernel kills all."""
    first = os.fork()
    if first:
        control.close()
        os.waitpid(first, 0)
        os._exit(0)
    # The parent above is single-threaded. The server that started it is not: there the signal
    # would come as soon as one thread ends, so the closed socket tells instead.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def _test(prepared: _Prepared) -> int:
    """Let a child try to break out; return the memory an idle child has, in KB.

    Raises:
        WallError: an attempt succeeded, or the child could not be locked.
    """
    ours, theirs = socket.socketpair()
    bounds = lockdown.limits_for(prepared.address_space, selftest.MEMORY_MB, selftest.SECONDS)
    pid = os.fork()
    if not pid:
        selftest.attempt(theirs.fileno(), bounds, prepared.filter, prepared.pid)
    theirs.close()
    with ours:
        ours.settimeout(selftest.SECONDS)
        report = b""
        with suppress(TimeoutError):
            while part := ours.recv(_MESSAGE_BYTES):
                report += part
    os.kill(pid, signal.SIGKILL)
    _pid, status, usage = os.wait4(pid, 0)
    why = selftest.judge(report, os.WEXITSTATUS(status) if os.WIFEXITED(status) else None)
    if why:
        raise walls.WallError(why)
    return usage.ru_maxrss


class _Loop:
    """Forks children and watches them until the parent is gone."""

    def __init__(self, control: socket.socket, prepared: _Prepared) -> None:
        self._control = control
        self._prepared = prepared
        self._runs: dict[int, _Run] = {}  # by pidfd
        self._reports: dict[int, _Run] = {}  # by the descriptor of their report
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> NoReturn:
        """Work until the parent closes its socket, then end every child and this process."""
        while True:
            for fd, _event in self._poll.poll(self._patience_ms()):
                if fd == self._control.fileno():
                    if not self._accept():
                        self._leave()
                elif fd in self._runs:
                    self._finish(self._runs[fd])
                elif fd in self._reports:  # the parent gave this run up
                    self._poll.unregister(fd)
                    self._kill(self._reports[fd])
            self._end_the_late()

    def _patience_ms(self) -> int | None:
        due = [run.ends_at for run in self._runs.values() if not run.timed_out]
        return max(0, ceil((min(due) - time.monotonic()) * 1000)) if due else None

    def _accept(self) -> bool:
        body, fds, _flags, _address = socket.recv_fds(self._control, _MESSAGE_BYTES, 2)
        if not body:
            return False
        job_fd, report_fd = fds
        message = json.loads(body)
        report = socket.socket(fileno=report_fd)
        bounds = lockdown.limits_for(
            self._prepared.address_space, message["memory_limit_mb"], message["timeout_s"]
        )
        try:
            pid = os.fork()
        except OSError as error:
            os.close(job_fd)
            _tell(report, {"failed": f"no new process: {error}"})
            return True
        if not pid:
            child.serve(job_fd, bounds, self._prepared.filter, self._prepared.pid)
        os.close(job_fd)
        pidfd = os.pidfd_open(pid)
        run = _Run(pid, pidfd, report, time.monotonic() + message["timeout_s"])
        self._runs[pidfd] = self._reports[report_fd] = run
        self._poll.register(pidfd, select.POLLIN)
        self._poll.register(report_fd, select.POLLIN)
        return True

    def _finish(self, run: _Run) -> None:
        _pid, status, usage = os.wait4(run.pid, 0)
        self._forget(run)
        _tell(
            run.report,
            {
                "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
                "timed_out": run.timed_out,
                "cpu_ms": round((usage.ru_utime + usage.ru_stime) * 1000),
                "peak_memory_kb": max(0, usage.ru_maxrss - self._prepared.idle_kb),
            },
        )

    def _forget(self, run: _Run) -> None:
        del self._runs[run.pidfd], self._reports[run.report.fileno()]
        self._poll.unregister(run.pidfd)
        with suppress(KeyError):
            self._poll.unregister(run.report)
        os.close(run.pidfd)

    def _end_the_late(self) -> None:
        now = time.monotonic()
        for run in self._runs.values():
            if not run.timed_out and now >= run.ends_at:
                run.timed_out = True
                self._kill(run)

    def _kill(self, run: _Run) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(run.pidfd, signal.SIGKILL)

    def _leave(self) -> NoReturn:
        for run in self._runs.values():
            self._kill(run)
        for run in self._runs.values():
            os.waitpid(run.pid, 0)
        os._exit(0)


def _tell(report: socket.socket, message: dict[str, Any]) -> None:
    with report, suppress(OSError):  # a parent that looks away needs no report
        report.send(json.dumps(message).encode(), socket.MSG_DONTWAIT)


def _shown(standing: list[Wall]) -> list[dict[str, Any]]:
    return [asdict(wall) for wall in standing]


def _explained(error: Exception) -> str:
    text = str(error) or "no details"
    return text if isinstance(error, walls.WallError) else f"{type(error).__name__}: {text}"
