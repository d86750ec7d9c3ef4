"""Which system calls a child may make; imports pyseccomp, which needs the library libseccomp2.

An allow-list: reading and writing what is open, memory, clocks, randomness and its own end. Not
imported where tools are forked: what it needs for itself would be in every child.
"""

from __future__ import annotations

import errno
import mmap
import tempfile
from contextlib import suppress

try:
    import pyseccomp
except RuntimeError as missing:
    raise ImportError("libseccomp is missing; apt-get install libseccomp2") from missing

ALLOWED = (
    *("read", "write", "close"),
    *("munmap", "mremap", "madvise", "brk"),
    *("futex", "sched_yield", "restart_syscall"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"),
    *("getrandom", "getpid", "gettid", "getrusage"),
    *("exit", "exit_group"),
)
# Memory may be mapped and changed, but never made executable: the third argument tells.
ALLOWED_UNLESS_EXECUTABLE = ("mmap", "mprotect")
# Who tries one of these is not a tool with a mistake: the process ends at once.
DEADLY = (
    *("ptrace", "bpf", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("mount", "umount2", "pivot_root", "keyctl", "add_key", "request_key", "userfaultfd"),
    *("perf_event_open", "process_vm_readv", "process_vm_writev", "kexec_load", "init_module"),
    *("finit_module", "delete_module"),
)


def compile_filter() -> bytes:
    """Return the list as instructions for this machine's kernel.

    Everything that is not listed answers "operation not permitted".
    """
    calls = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    with suppress(OSError):  # a search tree instead of a list, where the library can
        calls.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, 2)
    for name in ALLOWED:
        _add(calls, pyseccomp.ALLOW, name)
    harmless = pyseccomp.Arg(2, pyseccomp.MASKED_EQ, mmap.PROT_EXEC, 0)
    for name in ALLOWED_UNLESS_EXECUTABLE:
        calls.add_rule(pyseccomp.ALLOW, name, harmless)
    for name in DEADLY:
        _add(calls, pyseccomp.KILL_PROCESS, name)
    with tempfile.TemporaryFile() as exported:
        calls.export_bpf(exported)
        exported.seek(0)
        return exported.read()


def _add(calls: pyseccomp.SyscallFilter, action: int, name: str) -> None:
    try:
        calls.add_rule(action, name)
    except (OSError, ValueError):
        # This architecture has no such call, or the library does not know it: then it falls under
        # the answer that everything else gets.
        return
