"""Sandboxes with one wall taken out or spoiled, and what runs under them; for tests alone.

Nothing here is a switch of the product: each replaces the program the zygote is started with.
"""

import os
import signal
import textwrap
from pathlib import Path

from tests.services.ports import wait_for
from tools_library.sandbox.process import BOOT

_PLAIN_POLICY = """
import sys, types
VERSION = "plain"


class Rejected(Exception):
    message, line, column = "", None, None


def compile_tool(source):
    return compile(source, "<tool>", "exec")


def problems(source, allowed_imports):
    return []


def namespace(allowed_imports, ask, out):
    return {"ask": ask, "print": lambda *words: out(" ".join(map(str, words)) + "\\n")}


def call(namespace, code, parameters, context):
    exec(code, namespace)
    return namespace["execute_tool"](parameters, context)


def describe(error, code):
    return type(error).__name__, str(error), None


def warm_up():
    import array, asyncio, ctypes, fcntl, gc, mmap, multiprocessing, os, pty, resource, select
    import encodings.idna, multiprocessing.sharedctypes, random
    import signal, socket, subprocess, tempfile, threading, time
    sys.modules["libc"] = ctypes.CDLL(None, use_errno=True)
    for name in ("ptrace", "syscall", "mount", "process_vm_readv", "unshare", "fork", "clone"):
        getattr(sys.modules["libc"], name)
"""

WITHOUT_POLICY = BOOT.replace(
    "try:\n",
    f"""
import types
plain = types.ModuleType("tools_library.sandbox.policy")
exec({_PLAIN_POLICY!r}, plain.__dict__)
import tools_library.sandbox
sys.modules[plain.__name__] = tools_library.sandbox.policy = plain
try:
""",
    1,
)
"""RestrictedPython is off: the tool is any Python, and the kernel is the only wall."""


def spoiled(patch: str) -> str:
    """Return a program whose zygote is changed by `patch` before it prepares itself."""
    before = textwrap.indent(textwrap.dedent(patch).strip(), "    ")
    return BOOT.replace("else:\n", f"else:\n{before}\n", 1)


def idle(zygote_pid: int) -> None:
    """Wait until a sandbox runs nothing: its two processes and at most a child in waiting."""
    wait_for(lambda: len(descendants(zygote_pid)) <= 3, seconds=120, what="the end of the children")


def parents() -> dict[int, int]:
    """Return the parent of every process of this machine; zombies do not count."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                found[int(entry.name)] = int(fields[1])
    return found


def living(pids: list[int]) -> list[int]:
    """Return those of some processes that live still; together, as they were found before."""
    return [pid for pid in pids if state(pid) not in ("", "Z")]


def state(pid: int) -> str:
    """Return what a process does, as the kernel's letter for it; empty once it is gone."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started, oldest first."""
    above = parents()
    members = [pid] if pid in above else []
    for member in members:
        members.extend(child for child, parent in above.items() if parent == member)
    return members


def forker(zygote_pid: int) -> int:
    """Return the process that forks children: the one inside the pid namespace if there is one."""
    family = descendants(zygote_pid)
    first = [pid for pid, parent in parents().items() if parent == zygote_pid and pid in family]
    inside = [pid for pid in first if _level(pid) > _level(zygote_pid)]
    return inside[0] if inside else zygote_pid


def gone(pids: list[int], seconds: float = 60.0) -> None:
    """Wait until none of the processes lives."""
    wait_for(lambda: not set(pids) & set(parents()), seconds=seconds, what="the end of processes")


def kill(pid: int) -> None:
    """Kill one process this test started."""
    os.kill(pid, signal.SIGKILL)


def _level(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return len(line.split()) - 1
