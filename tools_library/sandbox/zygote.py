"""The process that tools are forked from; imports the stdlib and `sandbox.policy`.

Started by exec with an empty environment and one socket. It imports and prepares everything once,
gives up what it can, then forks a child per job. It never reads a job: that goes from the parent
to the locked child through a socket of its own. It is single-threaded, and it kills at deadlines.

Control messages are datagrams. From here: `ready` or `failed` as JSON, once. To here, per run: an
order with two sockets; the first is the child's, into the second goes one report when the child is
gone. The parent closing the second, or its writing half, ends the child.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import select
import signal
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, NoReturn

from tools_library.sandbox import child, control, kernel, lockdown, policy, selftest, walls
from tools_library.sandbox.types import Wall

_MESSAGE_BYTES = 4096
# The interpreter rewrites code that runs often. Done here, no child has to copy what is rewritten.
_REHEARSALS = 20
_MOST_LINGERING = 3
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class _Child:
    """A forked child: how to see its end, and what it had used before it had a job."""

    pid: int
    pidfd: int
    handover: socket.socket | None = None
    bell: int = -1


@dataclass
class _Run:
    """A child with a job: where to report its end, when it is late."""

    child: _Child
    report: int
    ends_at: float
    timed_out: bool = False
    given_up: bool = False


@dataclass(frozen=True)
class _Prepared:
    filter: kernel.CallFilter
    address_space: int
    pid: int
    rehearsal: bytes
    idle_kb: int = 0


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
    instructions = compile_filter()
    policy.warm_up()
    rehearsal = child.rehearsal()
    for _ in range(_REHEARSALS):
        child.rehearse(rehearsal)
    with open("/proc/self/statm") as statm:
        address_space = int(statm.read().split()[0]) * _PAGE
    os.environ.clear()
    standing += walls.put_up()
    if walls.has(standing, "pid namespace"):
        _become_first(control)
    gc.collect()
    gc.freeze()
    prepared = _Prepared(kernel.CallFilter(instructions), address_space, os.getpid(), rehearsal)
    idle_kb = _test(prepared)
    standing += [
        Wall(name, required=True, on=True)
        for name in ("system call filter", "limits", "closed descriptors", "self-test")
    ]
    return replace(prepared, idle_kb=idle_kb)


def compile_filter() -> bytes:
    """Have a process of its own compile the filter: what that needs stays out of every child."""
    readable, writable = os.pipe()
    helper = os.fork()
    if not helper:
        try:
            from tools_library.sandbox import calls

            os.write(writable, b"+" + calls.compile_filter())
        except BaseException as error:
            os.write(writable, b"-" + str(error).encode()[:500])
        finally:
            os._exit(0)
    os.close(writable)
    with open(readable, "rb") as pipe:
        said = pipe.read()
    os.waitpid(helper, 0)
    if said[:1] != b"+":
        why = said[1:].decode("utf-8", "replace") or "its maker ended without a word"
        raise walls.WallError(f"the system call filter cannot be made: {why}")
    return said[1:]


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
        self._runs: dict[int, _Run] = {}  # by the pidfd of their child
        self._reports: dict[int, _Run] = {}  # by the descriptor of their report
        self._spare: _Child | None = None
        self._may_park = True
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> NoReturn:
        """Work until the parent closes its socket, then end every child and this process."""
        while True:
            # Not when more than one runs: then both cores are busy, and a spare child costs more
            # than the fork it saves.
            wants_spare = self._spare is None and self._may_park and len(self._runs) <= 1
            events = self._poll.poll(0 if wants_spare else self._patience_ms())
            if wants_spare and not events:
                self._park()
            # The control socket was registered first and is named first. So whatever is closed in
            # this round is closed after what it opened: no number means two things in one round.
            for fd, _event in events:
                self._handle(fd)
            self._end_the_late()
            self._let_few_linger()

    def _handle(self, fd: int) -> None:
        if fd == self._control.fileno():
            if not self._accept():
                self._leave()
        elif fd in self._runs:
            self._finish(self._runs[fd])
        elif fd in self._reports:  # the parent has its answer, or gave this run up
            self._poll.unregister(fd)
            self._reports[fd].given_up = True
            self._kill(self._reports[fd].child)
        elif self._spare is not None and fd == self._spare.pidfd:
            self._may_park = False  # it should not have ended; the next job tries again
            self._bury(self._spare)
            self._spare = None

    def _patience_ms(self) -> int | None:
        due = [run.ends_at for run in self._runs.values() if not run.timed_out]
        return max(0, ceil((min(due) - time.monotonic()) * 1000)) if due else None

    def _accept(self) -> bool:
        body, fds, _flags, _address = socket.recv_fds(self._control, control.MESSAGE_BYTES, 2)
        if not body:
            return False
        job_fd, report = fds
        order = control.unpack(control.Order, body)
        try:
            started = self._hand_over(body, job_fd) or self._fork(order, job_fd)
        except OSError as error:
            _tell(report, control.Report(error=error.errno or errno.EIO))
            return True
        finally:
            os.close(job_fd)
        run = _Run(started, report, time.monotonic() + order.timeout_s)
        self._runs[started.pidfd] = self._reports[report] = run
        self._poll.register(report, select.POLLIN)
        self._may_park = True
        return True

    def _hand_over(self, body: bytes, job_fd: int) -> _Child | None:
        """Give the job to the child that waits for one, if there is one."""
        spare, self._spare = self._spare, None
        if spare is None or spare.handover is None:
            return None
        try:
            socket.send_fds(spare.handover, [body], [job_fd])
            os.eventfd_write(spare.bell, 1)
        except OSError:
            self._kill(spare)
            self._bury(spare)
            return None
        return spare

    def _fork(self, order: control.Order, job_fd: int) -> _Child:
        bounds = lockdown.limits_for(self._prepared.address_space, *order)
        pid = os.fork()
        if not pid:
            prepared = self._prepared
            before = control.Used(0.0, prepared.idle_kb)
            child.serve(job_fd, bounds, prepared.filter, prepared.pid, before)
        return self._watched(pid)

    def _park(self) -> None:
        try:
            self._spare = self._parked()
        except OSError:
            self._may_park = False  # the next job tries again

    def _parked(self) -> _Child:
        prepared, bell = self._prepared, -1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                # Whoever is woken by a socket gets the waker's core, and here the waker goes on to
                # fork. A counter wakes on any idle core.
                bell = os.eventfd(0)
                pid = os.fork()
                if not pid:
                    ours.close()
                    child.park(
                        theirs,
                        bell,
                        prepared.rehearsal,
                        prepared.filter,
                        prepared.pid,
                        prepared.address_space,
                    )
            return self._watched(pid, ours, bell)
        except OSError:
            ours.close()
            if bell >= 0:
                os.close(bell)
            raise

    def _watched(self, pid: int, handover: socket.socket | None = None, bell: int = -1) -> _Child:
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:  # nobody could watch it
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self._poll.register(pidfd, select.POLLIN)
        return _Child(pid, pidfd, handover, bell)

    def _finish(self, run: _Run) -> None:
        cpu_before, memory_before = self._used_before(run.child)
        del self._runs[run.child.pidfd], self._reports[run.report]
        with suppress(KeyError):
            self._poll.unregister(run.report)
        status, usage = self._bury(run.child)
        cpu_s = max(0.0, usage.ru_utime + usage.ru_stime - cpu_before)
        killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        memory_kb = max(0, usage.ru_maxrss - memory_before)
        _tell(run.report, control.Report(killed_by, run.timed_out, round(cpu_s * 1000), memory_kb))

    def _used_before(self, ended: _Child) -> tuple[float, int]:
        """Return CPU seconds and memory in KB that the child had used before it had a job."""
        if ended.handover is not None:
            # The child wrote this before anything of a tool was in it; of one that ended before it
            # had read its order, the socket knows no more.
            with suppress(OSError):
                body = ended.handover.recv(control.MESSAGE_BYTES, socket.MSG_DONTWAIT)
                return control.unpack(control.Used, body)
        return 0.0, self._prepared.idle_kb

    def _bury(self, ended: _Child) -> tuple[int, resource.struct_rusage]:
        _pid, status, usage = os.wait4(ended.pid, 0)
        self._poll.unregister(ended.pidfd)
        os.close(ended.pidfd)
        if ended.handover is not None:
            ended.handover.close()
            os.close(ended.bell)
        return status, usage

    def _end_the_late(self) -> None:
        now = time.monotonic()
        for run in self._runs.values():
            if not run.timed_out and now >= run.ends_at:
                run.timed_out = True
                self._kill(run.child)

    def _let_few_linger(self) -> None:
        """Wait for killed children where many are not gone yet: the parent counts them no more."""
        lingering = [run for run in self._runs.values() if run.given_up]
        for run in lingering[:-_MOST_LINGERING]:
            self._finish(run)

    def _kill(self, living: _Child) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(living.pidfd, signal.SIGKILL)

    def _leave(self) -> NoReturn:
        living = [run.child for run in self._runs.values()]
        if self._spare is not None:
            living.append(self._spare)
        for each in living:
            self._kill(each)
        for each in living:
            os.waitpid(each.pid, 0)
        os._exit(0)


def _tell(report: int, message: control.Report) -> None:
    with suppress(OSError):  # a parent that looks away needs no report
        os.write(report, control.pack(message))
    os.close(report)


def _shown(standing: list[Wall]) -> list[dict[str, Any]]:
    return [asdict(wall) for wall in standing]


def _explained(error: Exception) -> str:
    text = str(error) or "no details"
    return text if isinstance(error, walls.WallError) else f"{type(error).__name__}: {text}"
