"""Runs of small tools in a sandbox, also of one that is under way while the test goes on."""

import os
import threading
from collections.abc import Callable
from contextvars import copy_context

from tests.security.sandbox import walls
from tests.services.ports import wait_for
from tools_library.sandbox.client import Finished, Job, Sandbox

ANSWER = "def execute_tool(parameters, context):\n    return parameters['n']"
ENDLESS = "def execute_tool(parameters, context):\n    while True:\n        pass"


def run(
    box: Sandbox, code: str = ANSWER, n: int = 1, timeout: float = 10, **more: float
) -> Finished:
    job = Job(code, {"n": n}, {}, (), timeout_s=timeout)
    return box.run(job, http=lambda request: {}, deadline_s=more.get("deadline_s", timeout + 20))


def meanwhile(box: Sandbox, code: str, timeout: float = 30) -> Callable[[], Finished]:
    """Start a run in a thread, wait until it uses the processor; return how to wait for its end."""
    ended: list[Finished] = []
    here = copy_context()  # on behalf of the same party
    thread = threading.Thread(
        target=lambda: ended.append(here.run(run, box, code, timeout=timeout))
    )
    assert run(box).outcome == "success"
    thread.start()
    assert box.zygote_pid is not None
    zygote = box.zygote_pid
    wait_for(lambda: bool(busy(zygote)), seconds=60, what="the run")

    def result() -> Finished:
        thread.join(120)
        return ended[0]

    return result


def busy(zygote: int) -> list[int]:
    """Return the children that want the processor, and have used it for 50 ms."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = []
    for pid in walls.descendants(zygote)[2:]:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            if fields[0] == "R" and int(fields[11]) > ticks / 20:
                found.append(pid)
        except OSError:
            continue
    return found
