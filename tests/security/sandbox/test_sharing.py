"""What the sandbox's children use together: places, memory, and the share of each party."""

import threading
from collections.abc import Callable
from contextvars import copy_context

import pytest

from tests.security.sandbox import walls
from tests.security.sandbox.runs import ANSWER, ENDLESS, busy, meanwhile, run
from tools_library.sandbox.client import Finished, Job, Sandbox
from voiceassist.foundation.sharing import on_behalf_of

ASKING = """
import requests
def execute_tool(parameters, context):
    return requests.get("https://example.com/").status_code
"""
REPLY = {"status": 204, "url": "https://example.com/"}


class Asking:
    """A run in a thread of its own, whose tool waits for an HTTP answer until it is given one."""

    def __init__(self, box: Sandbox, deadline_s: float, timeout_s: float = 60) -> None:
        self._asked, self._answered = threading.Event(), threading.Event()
        self._ended: list[Finished] = []
        job = Job(ASKING, {}, {}, ("requests",), timeout_s=timeout_s)

        def http(request: dict[str, object]) -> dict[str, object]:
            self._asked.set()
            assert self._answered.wait(60)
            return dict(REPLY)

        def work() -> None:
            self._ended.append(box.run(job, http=http, deadline_s=deadline_s))

        self._thread = threading.Thread(target=copy_context().run, args=(work,))
        self._thread.start()
        assert self._asked.wait(60)

    def answer(self) -> None:
        self._answered.set()

    def result(self) -> Finished:
        self._thread.join(60)
        return self._ended[0]


def test_a_child_that_waits_for_an_answer_leaves_its_place_to_others() -> None:
    box = Sandbox(concurrency=1)
    try:
        waiting = [Asking(box, 60), Asking(box, 60)]
        assert run(box, deadline_s=60).result == 1
        for each in waiting:
            each.answer()
        assert [each.result().result for each in waiting] == [204, 204]
        assert run(box).result == 1
    finally:
        box.close()


def test_a_party_that_takes_all_its_places_keeps_no_other_from_running() -> None:
    box = Sandbox(concurrency=1)
    try:
        with on_behalf_of(1):
            long = meanwhile(box, ENDLESS, timeout=60)
            assert "busy" in run(box, deadline_s=0.3).error_message
        with on_behalf_of(2):
            assert run(box, deadline_s=60).result == 1
            assert not box.validate(ANSWER, ())
        assert box.zygote_pid is not None
        walls.kill(*busy(box.zygote_pid))
        assert long().outcome == "killed"
        with on_behalf_of(1):
            assert run(box).result == 1
    finally:
        box.close()


def test_children_that_wait_for_answers_keep_their_memory_and_others_have_a_share() -> None:
    box = Sandbox(concurrency=4, memory_mb=300)  # room for two of 128 MB, one of each party
    try:
        assert run(box).result == 1  # compiling has a limit of its own, so it is done before
        first = Asking(box, 60)
        first.answer()
        assert first.result().result == 204
        with on_behalf_of(1):
            mine = Asking(box, 60)
            assert "memory was in use" in run(box, deadline_s=0.3).error_message
        with on_behalf_of(2):
            assert run(box, deadline_s=60).result == 1
            theirs = Asking(box, 60)
        with on_behalf_of(3):
            full = run(box, deadline_s=0.3)
            assert (full.outcome, full.error_code) == ("timeout", "timeout")
            assert "memory was in use" in full.error_message
            mine.answer()
            assert mine.result().result == 204
            assert run(box, deadline_s=60).result == 1
        theirs.answer()
        assert theirs.result().result == 204
        assert run(box).result == 1
    finally:
        box.close()


def test_a_tool_that_may_use_more_than_there_is_runs_alone() -> None:
    box = Sandbox(memory_mb=20)
    try:
        assert run(box).result == 1
    finally:
        box.close()


@pytest.mark.parametrize(
    "waiting_for",
    [
        pytest.param(lambda box, seconds: Asking(box, seconds), id="the run's deadline"),
        pytest.param(lambda box, seconds: Asking(box, 600, timeout_s=seconds), id="the tool's own"),
    ],
)
def test_an_answer_that_finds_no_place_in_time_ends_the_run(
    waiting_for: Callable[[Sandbox, float], Asking],
) -> None:
    box = Sandbox(concurrency=1)
    try:
        assert run(box).result == 1  # starting it takes no part of the next one's time
        for seconds in (1, 4, 30):  # the first, or a later one, leaves time to wait for a place
            waiting = waiting_for(box, seconds)
            long = meanwhile(box, ENDLESS, timeout=120)
            waiting.answer()
            finished = waiting.result()
            assert (finished.outcome, finished.error_code) == ("timeout", "timeout")
            assert box.zygote_pid is not None
            walls.kill(*busy(box.zygote_pid))
            assert long().outcome == "killed"
            if "busy" in finished.error_message:
                break
        assert "busy" in finished.error_message
        assert run(box).result == 1
    finally:
        box.close()
