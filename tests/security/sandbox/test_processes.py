"""The processes of the sandbox: how they start, die and are never left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.security.sandbox import walls
from tests.security.sandbox.runs import ENDLESS, busy, meanwhile, run
from tests.services.ports import wait_for
from tools_library.sandbox import limits
from tools_library.sandbox.client import Sandbox

SHORT = "from time import sleep\ndef execute_tool(parameters, context):\n    sleep(0.03)"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    made = Sandbox(concurrency=4)
    yield made
    made.close()


def test_nothing_starts_before_it_is_needed(box: Sandbox) -> None:
    assert box.zygote_pid is None
    assert run(box).result == 1
    assert box.zygote_pid is not None


def test_started_ahead_it_is_there_for_the_first_run(box: Sandbox) -> None:
    box.start()
    started = box.zygote_pid
    assert started is not None
    box.start()
    assert run(box).result == 1
    assert box.zygote_pid == started


def test_a_closed_sandbox_is_not_started_ahead() -> None:
    box = Sandbox()
    box.close()
    box.start()
    assert box.zygote_pid is None


def test_many_threads_get_their_own_answers(box: Sandbox) -> None:
    with ThreadPoolExecutor(64) as pool:
        results = list(pool.map(lambda n: run(box, n=n, timeout=60).result, range(200)))
    assert results == list(range(200))


def test_children_are_bounded(box: Sandbox) -> None:
    seen = most = 0
    done = threading.Event()
    run(box)
    zygote = box.zygote_pid
    assert zygote is not None

    def watch() -> None:
        nonlocal seen, most
        while not done.wait(0.01):
            family = walls.descendants(zygote)  # some may have ended while others were looked for
            seen, most = max(seen, len(family)), max(most, len(walls.living(family)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    until = time.monotonic() + 60
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda n: run(box, SHORT, timeout=60), range(100)))
        while seen <= 3 and time.monotonic() < until:  # who watches may have been kept waiting
            list(pool.map(lambda n: run(box, SHORT, timeout=60), range(100)))
    done.set()
    watcher.join()
    # The sandbox's two, one in waiting, four running, three that have answered, one ending.
    assert seen > 3 and most <= 2 + 1 + 4 + 3 + 1


def test_a_queue_ends_at_the_deadline() -> None:
    box = Sandbox(concurrency=1)
    try:
        long = meanwhile(box, ENDLESS, timeout=60)
        began = time.monotonic()
        finished = run(box, deadline_s=0.3)
        assert (finished.outcome, finished.error_code) == ("timeout", "timeout")
        assert "busy" in finished.error_message
        assert time.monotonic() - began < 30
        assert box.zygote_pid is not None
        walls.kill(*busy(box.zygote_pid))
        assert long().outcome == "killed"
        assert run(box).outcome == "success"
    finally:
        box.close()


def test_time_in_the_queue_is_not_given_back() -> None:
    box = Sandbox(concurrency=1)
    try:
        long = meanwhile(box, ENDLESS, timeout=60)
        assert box.zygote_pid is not None
        place = threading.Timer(0.6, walls.kill, busy(box.zygote_pid))
        place.start()
        finished = run(box, ENDLESS, timeout=30, deadline_s=1.5)
        assert finished.outcome == "timeout"
        assert 1400 < finished.duration_ms < 25_000
        assert long().outcome == "killed"
        place.join()
    finally:
        box.close()


@pytest.mark.parametrize("which", ["started", "forker"])
def test_a_killed_zygote_takes_its_children_along_and_is_replaced(box: Sandbox, which: str) -> None:
    result = meanwhile(box, ENDLESS)
    started = box.zygote_pid
    assert started is not None
    family = walls.descendants(started)
    walls.kill(started if which == "started" else walls.forker(started))
    finished = result()
    assert (finished.outcome, finished.error_code) == ("killed", "killed")
    assert "stopped while the tool ran" in finished.error_message
    walls.gone(family)
    assert run(box).result == 1
    assert box.zygote_pid != started


def test_a_zygote_that_died_idle_is_noticed_by_nobody_but_the_log(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    run(box)
    assert box.zygote_pid is not None
    family = walls.descendants(box.zygote_pid)
    walls.kill(family[0])
    walls.gone(family)
    assert run(box).result == 1
    assert "sandbox.restarting" in caplog.text


def test_a_killed_child_is_only_its_own_run(box: Sandbox) -> None:
    result = meanwhile(box, ENDLESS)
    assert box.zygote_pid is not None
    zygote = box.zygote_pid
    (child,) = busy(zygote)
    walls.kill(child)
    assert result().outcome == "killed"
    assert run(box).result == 1
    assert box.zygote_pid == zygote


def test_a_zygote_that_hangs_is_replaced_after_the_deadline(box: Sandbox) -> None:
    assert run(box, ENDLESS, timeout=0.1).outcome == "timeout"
    started = box.zygote_pid
    assert started is not None
    family = walls.descendants(started)
    os.kill(walls.forker(started), signal.SIGSTOP)
    finished = run(box, ENDLESS, timeout=0.3)
    assert finished.outcome == "timeout"
    assert finished.duration_ms < 20_000
    walls.gone(family)
    assert run(box).result == 1


def test_a_child_in_waiting_that_is_too_slow_for_its_job_is_only_its_own_run(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GRACE_SECONDS", 60.0)  # a slow machine's zygote is not dead
    result = meanwhile(box, ENDLESS, timeout=60)
    zygote = box.zygote_pid
    assert zygote is not None
    (working,) = busy(zygote)
    waiting: list[int] = []

    def one_waits() -> bool:
        others = [pid for pid in walls.descendants(zygote)[2:] if pid != working]
        waiting[:] = [pid for pid in others if walls.state(pid) == "S"]
        return len(others) == len(waiting) == 1

    wait_for(one_waits, seconds=60, what="a child in waiting")
    os.kill(waiting[0], signal.SIGSTOP)
    assert run(box, ENDLESS, timeout=0.3).outcome == "timeout"
    assert run(box).result == 1
    walls.kill(working)
    assert result().error_message.startswith("The tool's process was killed")
    assert box.zygote_pid == zygote


def test_closing_ends_everything_and_later_runs_say_so() -> None:
    box = Sandbox()
    result = meanwhile(box, ENDLESS)
    assert box.zygote_pid is not None
    family = walls.descendants(box.zygote_pid)
    box.close()
    walls.gone(family)
    assert result().outcome == "killed"
    finished = run(box)
    assert (finished.outcome, finished.error_code) == ("unavailable", "sandbox_unavailable")


PROGRAM = """
import os, sys, threading
from tools_library.sandbox.client import Job, sandbox
box = sandbox()
def run(code, **more):
    return box.run(Job(code, {"n": 7}, {}, (), **more), http=lambda request: {}, deadline_s=30)
ANSWER = "def execute_tool(parameters, context):\\n    return parameters['n']"
ENDLESS = "def execute_tool(parameters, context):\\n    while True:\\n        pass"
"""


def program(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_server_leaves_nothing_behind() -> None:
    server = program("run(ANSWER)\nprint(box.zygote_pid, flush=True)\nrun(ENDLESS, timeout_s=60)\n")
    assert server.stdout is not None
    zygote = int(server.stdout.readline())
    wait_for(lambda: bool(busy(zygote)), seconds=60, what="the run")
    family = walls.descendants(zygote)
    assert len(family) >= 3
    server.kill()
    server.communicate()
    walls.gone(family)


def test_a_server_that_ends_leaves_nothing_behind() -> None:
    server = program("run(ANSWER)\nprint(box.zygote_pid, flush=True)\ninput()\n")
    assert server.stdout is not None
    family = walls.descendants(int(server.stdout.readline()))
    server.communicate()
    walls.gone(family)


def test_a_forked_process_gets_a_sandbox_of_its_own() -> None:
    server = program("""
run(ANSWER)
mine = box.zygote_pid
threading.Thread(target=lambda: run(ENDLESS, timeout_s=2), daemon=True).start()
child = os.fork()
if not child:
    result = run(ANSWER).result
    print("child", result, box.zygote_pid not in (None, mine), flush=True)
    box.close()
    os._exit(0)
os.waitpid(child, 0)
print("parent", run(ANSWER).result, box.zygote_pid == mine, flush=True)
""")
    out, _ = server.communicate(timeout=180)
    assert out.splitlines() == ["child 7 True", "parent 7 True"]
    assert server.returncode == 0


def test_a_forked_process_does_not_keep_the_zygote_alive() -> None:
    server = program("""
run(ANSWER)
print(box.zygote_pid, flush=True)
if os.fork() == 0:
    os.close(1)
    import signal
    signal.alarm(20)
    signal.pause()
os._exit(0)
""")
    assert server.stdout is not None
    family = walls.descendants(int(server.stdout.readline()))
    server.communicate()
    walls.gone(family)


def test_a_thread_that_ends_does_not_end_the_zygote_it_started(box: Sandbox) -> None:
    thread = threading.Thread(target=lambda: run(box))
    thread.start()
    thread.join()
    zygote = box.zygote_pid
    assert run(box).result == 1
    assert box.zygote_pid == zygote
