"""What every child does to itself before it reads its job; stdlib and `sandbox.kernel` only.

All of it is required: one refusal and the child ends without having read anything.
"""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import dataclass
from math import ceil

from tools_library.sandbox import kernel

JOB_FD = 3
_DESCRIPTORS = 8
_MB = 1024 * 1024


class LockdownError(Exception):
    """A required wall does not stand."""


@dataclass(frozen=True)
class ChildLimits:
    """What one child may use: address space in bytes, CPU in seconds."""

    address_space: int
    cpu_s: int


def limits_for(base_bytes: int, memory_limit_mb: int, timeout_s: float) -> ChildLimits:
    """Return the limits of a run; `base_bytes` is the address space the zygote itself has."""
    return ChildLimits(base_bytes + memory_limit_mb * _MB, ceil(timeout_s) + 1)


def take(job_fd: int) -> None:
    """Make the job's socket descriptor 3, over whatever the zygote had there."""
    if job_fd != JOB_FD:
        os.dup2(job_fd, JOB_FD, inheritable=False)


def bind(zygote_pid: int) -> None:
    """Put up the walls that do not depend on the job; may be done twice.

    Raises:
        OSError, ValueError: the kernel refuses a wall.
        LockdownError: a wall is missing although nobody refused it.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote_pid:
        raise LockdownError("the zygote is gone")
    if 0 in os.getresuid():
        raise LockdownError("the process still is root")
    _set(resource.RLIMIT_NPROC, 0)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CORE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def lock(child: ChildLimits, calls: kernel.CallFilter, zygote_pid: int) -> None:
    """Keep descriptor 3 and nothing above it, then close every door.

    Raises:
        OSError, ValueError, LockdownError: as `bind`.
    """
    bind(zygote_pid)
    kernel.close_from(JOB_FD + 1)
    _set(resource.RLIMIT_AS, child.address_space)
    resource.setrlimit(resource.RLIMIT_CPU, (child.cpu_s, child.cpu_s + 1))
    _set(resource.RLIMIT_NOFILE, _DESCRIPTORS)
    calls.put_on()


def _set(what: int, value: int) -> None:
    resource.setrlimit(what, (value, value))
