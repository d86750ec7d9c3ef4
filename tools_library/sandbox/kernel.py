"""The few system calls Python has no function for; imports only ctypes.

Each raises `OSError` when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REC, MS_PRIVATE = 0x4000, 0x40000

# These numbers are the same on every architecture: the calls are younger than the common table.
SYS_CLOSE_RANGE = 436
SYS_LANDLOCK_CREATE_RULESET = 444
SYS_LANDLOCK_RESTRICT_SELF = 446

_LAST_DESCRIPTOR = 0x7FFFFFFF
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
# The same without an error number and without letting other threads in between: these touch ten
# pages of memory where those above touch a hundred, each of which a child must copy.
_quick = ctypes.PyDLL(None)


def _checked(answer: int, what: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return answer


def syscall(number: int, *arguments: int | ctypes.c_void_p | None) -> int:
    """Make a system call by number."""
    plain = [
        ctypes.c_ulong(argument) if isinstance(argument, int) else argument
        for argument in arguments
    ]
    return _checked(int(_libc.syscall(ctypes.c_long(number), *plain)), f"system call {number}")


def prctl(option: int, value: int = 0, pointer: ctypes.c_void_p | None = None) -> int:
    """Change or ask a property of this process."""
    answer: int = _quick.prctl(option, value, pointer, 0, 0)
    if answer < 0:  # once more, for the reason
        answer = _checked(_libc.prctl(option, value, pointer, 0, 0), f"prctl {option}")
    return answer


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    if _quick.syscall(SYS_CLOSE_RANGE, first, _LAST_DESCRIPTOR, 0) < 0:
        syscall(SYS_CLOSE_RANGE, first, _LAST_DESCRIPTOR, 0)


def unshare(flags: int) -> None:
    """Leave the namespaces named by the flags."""
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: bytes, target: bytes, kind: bytes, flags: int, data: bytes = b"") -> None:
    """Mount, or change how something is mounted."""
    _checked(_libc.mount(source, target, kind, ctypes.c_ulong(flags), data), "mount")


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(header, nothing), "capset")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class CallFilter:
    """A compiled system call filter, ready to be put on by a child in one call."""

    def __init__(self, instructions: bytes) -> None:
        self._buffer = ctypes.create_string_buffer(instructions, len(instructions))
        self._program = _Program(len(instructions) // 8, ctypes.addressof(self._buffer))
        self._pointer = ctypes.c_void_p(ctypes.addressof(self._program))

    def put_on(self) -> None:
        """Bind this process to the filter, for good."""
        prctl(PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, self._pointer)
