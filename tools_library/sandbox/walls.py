"""What the zygote does to itself once, and every child inherits; stdlib and `sandbox.kernel` only.

Leaving root and giving up capabilities is required. Namespaces, the empty root folder and Landlock
are refused by many containers: each that stands is one wall more, none is what holds alone.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import partial

from tools_library.sandbox import kernel
from tools_library.sandbox.types import Wall

_NOBODY = (65534, 65533, 1)
_NAMESPACES = {
    "network namespace": kernel.CLONE_NEWNET,
    "ipc namespace": kernel.CLONE_NEWIPC,
    "uts namespace": kernel.CLONE_NEWUTS,
    "mount namespace": kernel.CLONE_NEWNS,
    "pid namespace": kernel.CLONE_NEWPID,
}
_ALL = sum(_NAMESPACES.values())
# What a ruleset can refuse, by the kernel's version of Landlock: files, network, scopes.
_LANDLOCK_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
_LANDLOCK_NETWORK_SINCE = 4
_LANDLOCK_SCOPES_SINCE = 6


class WallError(Exception):
    """A required wall cannot be put up; the text says what to do."""


def put_up() -> list[Wall]:
    """Put up every wall of the zygote, in the order in which each is still possible.

    Raises:
        WallError: a required one is refused.
    """
    walls: list[Wall] = []
    as_root = os.geteuid() == 0
    inside = as_root and _try(walls, "namespaces", lambda: kernel.unshare(_ALL))
    walls.clear()
    if inside:
        walls += [Wall(name, required=False, on=True) for name in _NAMESPACES]
        _empty_root(walls)
    if as_root:
        _leave_root()
    if not inside:
        _namespaces_of_a_user(walls)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.drop_capabilities()
    if 0 in os.getresuid():
        raise WallError("the sandbox still runs as root; start the server as an ordinary user")
    walls.append(Wall("unprivileged user", required=True, on=True))
    walls.append(Wall("no new privileges", required=True, on=True))
    _try(walls, "not dumpable", lambda: kernel.prctl(kernel.PR_SET_DUMPABLE, 0))
    _try(walls, "landlock", _landlock)
    return walls


def has(walls: list[Wall], name: str) -> bool:
    """Say whether a wall stands."""
    return any(wall.on for wall in walls if wall.name == name)


def _leave_root() -> None:
    refused: OSError | None = None
    for uid in _NOBODY:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        except OSError as error:
            refused = error
            continue
        return
    raise WallError(
        f"the server runs as root and may not change to another user ({refused}); "
        "start it as an ordinary user"
    )


def _namespaces_of_a_user(walls: list[Wall]) -> None:
    uid, gid = os.getuid(), os.getgid()
    # The change of user made the files of this process root's own; the maps below are among them.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    if not _try(walls, "user namespace", lambda: kernel.unshare(kernel.CLONE_NEWUSER)):
        why = "needs the user namespace"
        walls += [Wall(name, required=False, on=False, why=why) for name in _NAMESPACES]
        return
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")
    for name, flag in _NAMESPACES.items():
        _try(walls, name, partial(kernel.unshare, flag))
    if has(walls, "mount namespace"):
        _empty_root(walls)


def _empty_root(walls: list[Wall]) -> None:
    _try(walls, "empty root folder", _enter_empty_root)


def _enter_empty_root() -> None:
    kernel.mount(b"none", b"/", b"", kernel.MS_REC | kernel.MS_PRIVATE)
    flags = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount(b"none", b"/proc", b"tmpfs", flags, b"mode=0555")
    os.chroot("/proc")
    os.chdir("/")


def _landlock() -> None:
    version = kernel.syscall(kernel.SYS_LANDLOCK_CREATE_RULESET, None, 0, 1)
    bits = max(bits for since, bits in _LANDLOCK_FILES.items() if since <= version)
    fields = [(1 << bits) - 1]
    if version >= _LANDLOCK_NETWORK_SINCE:
        fields.append(0b11)
    if version >= _LANDLOCK_SCOPES_SINCE:
        fields.append(0b11)
    rules = (ctypes.c_uint64 * len(fields))(*fields)
    pointer = ctypes.c_void_p(ctypes.addressof(rules))
    ruleset = kernel.syscall(kernel.SYS_LANDLOCK_CREATE_RULESET, pointer, ctypes.sizeof(rules), 0)
    try:
        kernel.syscall(kernel.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _try(walls: list[Wall], name: str, put: Callable[[], object]) -> bool:
    try:
        put()
    except OSError as error:
        walls.append(Wall(name, required=False, on=False, why=str(error)))
        return False
    walls.append(Wall(name, required=False, on=True))
    return True


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
