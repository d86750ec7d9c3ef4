"""A child that breaks the rules of its conversation harms nobody; RestrictedPython is off."""

import json
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.sandbox import walls
from tests.security.sandbox.attacks import as_tool
from tools_library.sandbox import limits
from tools_library.sandbox.client import Finished, Job, Sandbox

BROKEN = "The tool's process broke the rules of its conversation, and was ended."


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    made = Sandbox(concurrency=4, boot=walls.WITHOUT_POLICY)
    yield made
    made.close()


def run(box: Sandbox, code: str, http: Any = None, timeout: float = 60.0, **more: Any) -> Finished:
    job = Job(as_tool(code), {}, {}, (), timeout_s=timeout, **more)
    finished = box.run(job, http=http or (lambda request: {}), deadline_s=timeout + 20)
    assert box.zygote_pid is not None
    walls.idle(box.zygote_pid)
    return finished


def frame(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack("!I", len(body)) + body


def raw(*frames: bytes, then: str = "os._exit(0)") -> str:
    return f"import os\nos.write(3, {b''.join(frames)!r})\n{then}"


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff\xff\xff\xff",
        b"HTTP/1.1 200 OK\r\n\r\n",
        frame(b"not json"),
        frame(b"\xff\xfe"),
        frame(b"[1, 2]"),
        frame(b'{"kind": 5}'),
        frame(b'{"kind": "dance"}'),
        frame({"kind": "print", "text": 5}),
        frame({"kind": "http", "request": "GET"}),
        frame({"kind": "result"}),
        frame({"kind": "code", "blob": "AAAA"}),
        frame(b'{"kind": "result", "value": ' + b"[" * 9_000 + b"]" * 9_000 + b"}"),
        frame(b'{"kind": "result", "value": ' + b"[" * 200 + b"]" * 200 + b"}"),
        frame(b'{"kind": "result", "value": ' + b"9" * 4000 + b"}"),
        frame({"kind": "print", "text": "x"}) + frame({"kind": "refused", "why": "no"}),
    ],
    ids=lambda sent: repr(bytes(sent[:40])),
)
def test_what_is_no_message_ends_the_run(box: Sandbox, sent: bytes) -> None:
    finished = run(box, raw(sent))
    assert (finished.outcome, finished.error_code) == ("killed", "killed")
    assert finished.error_message == BROKEN


def test_what_is_printed_before_stays(box: Sandbox) -> None:
    finished = run(box, "print('hello')\n" + raw(frame(b"nonsense")))
    assert (finished.outcome, finished.stdout) == ("killed", "hello\n")


@pytest.mark.parametrize("used", ["much", [1], [-5, 1], [1 << 40, 1], [0.5, 1], {"a": 1}, None])
def test_what_a_child_cannot_have_used_is_asked_of_the_kernel(box: Sandbox, used: Any) -> None:
    finished = run(box, raw(frame({"kind": "result", "value": 1, "used": used})))
    assert (finished.outcome, finished.result) == ("success", 1)
    assert 0 <= finished.cpu_ms < 10_000
    assert 0 <= finished.peak_memory_kb < 1_000_000


def test_a_child_that_goes_on_after_its_answer_is_ended(box: Sandbox) -> None:
    answer = {"kind": "result", "value": 1, "used": [3, 4]}
    finished = run(box, raw(frame(answer), then="while True: os.getpid()"), timeout=60)
    assert (finished.result, finished.cpu_ms, finished.peak_memory_kb) == (1, 3, 4)


def test_the_first_answer_counts(box: Sandbox) -> None:
    first, second = ({"kind": "result", "value": number} for number in (1, 2))
    sent = raw(frame(first), frame(second), then="while True: os.getpid()")
    finished = run(box, sent, timeout=60)
    assert (finished.outcome, finished.result) == ("success", 1)
    assert finished.duration_ms < 30_000


def test_an_answer_is_read_however_it_is_cut(box: Sandbox) -> None:
    whole = frame({"kind": "result", "value": "x" * 100})
    slowly = f"import os, time\nfor byte in {whole!r}:\n    os.write(3, bytes([byte]))\nos._exit(0)"
    assert run(box, slowly).result == "x" * 100


def test_half_an_answer_is_none(box: Sandbox) -> None:
    finished = run(box, raw(frame({"kind": "result", "value": "x" * 100})[:50]))
    assert finished.outcome == "killed"


def test_a_process_that_closes_its_socket_and_stays_is_ended(box: Sandbox) -> None:
    finished = run(box, "import os\nfrom time import sleep\nos.close(3)\nsleep(99)", timeout=60)
    assert finished.outcome == "killed"
    assert finished.duration_ms < 30_000


def test_a_process_that_says_nothing_runs_out_of_time(box: Sandbox) -> None:
    assert run(box, "from time import sleep\nsleep(60)", timeout=0.3).outcome == "timeout"


@pytest.mark.parametrize(
    "sent",
    [frame({"kind": "print", "text": "x" * 1000}) * 50, b"\0\0\0\x02{}" * 1000, b"\0\x10\0\0"],
    ids=["prints", "objects", "one that never ends"],
)
def test_a_flood_is_stopped(box: Sandbox, sent: bytes) -> None:
    flood = f"import os\nwhile True:\n    os.write(3, {sent!r})"
    finished = run(box, flood, timeout=5)
    assert finished.outcome in {"killed", "timeout"}
    assert len(finished.stdout) < limits.STDOUT_BYTES + 200


def test_output_is_cut_and_the_run_goes_on(box: Sandbox) -> None:
    finished = run(box, "for number in range(20000):\n    print('line', number)")
    assert finished.outcome == "success"
    assert finished.stdout.startswith("line 0\nline 1\n")
    assert finished.stdout.endswith("(the rest of the output was cut)")
    assert len(finished.stdout) < limits.STDOUT_BYTES + 200


def test_what_no_store_takes_is_cleaned(box: Sandbox) -> None:
    finished = run(
        box, "return {'a\\0b': ['\\ud800x', float('nan'), float('inf'), 1.5, True, None]}"
    )
    assert finished.result == {"ab": ["\ufffdx", None, None, 1.5, True, None]}


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("return object()", "not JSON"),
        ("loop = []\nloop.append(loop)\nreturn loop", "not JSON"),
        ("deep = []\nfor _ in range(5000):\n    deep = [deep]\nreturn deep", "nested too deep"),
        ("return 'x' * 1_000_001", "too large"),
        ("return ['x' * 1_000_000] * 90_000", "too large"),
        ("return {(1, 2): 3}", "not JSON"),
        ("return 10 ** 5000", "not JSON"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_an_error(box: Sandbox, code: str, says: str) -> None:
    finished = run(box, code)
    assert (finished.outcome, finished.error_code) == ("error", "code_error")
    assert says in finished.error_message


def test_an_error_that_fights_back_is_an_error(box: Sandbox) -> None:
    evil = "class Evil(Exception):\n    def __str__(self):\n        raise SystemExit\nraise Evil"
    assert run(box, evil).outcome == "error"


def test_leaving_is_an_error(box: Sandbox) -> None:
    finished = run(box, "raise SystemExit(0)")
    assert (finished.outcome, finished.error_message) == ("error", "SystemExit: 0")


def test_a_request_is_answered_by_the_parent(box: Sandbox) -> None:
    threads = []

    def http(request: dict[str, Any]) -> dict[str, Any]:
        threads.append(threading.current_thread())
        return {"echo": request["n"], "big": "x" * 1_000_000}

    finished = run(
        box, "got = [ask({'n': n}) for n in (1, 2)]\nreturn [g['echo'] for g in got]", http
    )
    assert finished.result == [1, 2]
    assert threads == [threading.current_thread()] * 2


def test_requests_without_end_are_stopped(box: Sandbox) -> None:
    asked = []
    finished = run(box, "while True:\n    ask({})", lambda request: asked.append(1) or {})
    assert finished.outcome == "killed"
    assert len(asked) == limits.HTTP_MESSAGES


def test_requests_that_do_not_wait_are_stopped(box: Sandbox) -> None:
    two = frame({"kind": "http", "request": {}}) * 2
    assert run(box, raw(two, then="__import__('time').sleep(9)")).error_message == BROKEN


def test_a_port_that_fails_ends_the_process_and_says_so(box: Sandbox) -> None:
    def http(request: dict[str, Any]) -> dict[str, Any]:
        raise ConnectionResetError("our own fault")

    with pytest.raises(ConnectionResetError, match="our own fault"):
        run(box, "ask({})", http)
    assert run(box, "pass").outcome == "success"
    assert box.zygote_pid is not None
    walls.idle(box.zygote_pid)


def test_a_large_job_arrives_whole(box: Sandbox) -> None:
    text = "y" * 3_000_000
    job = Job("def execute_tool(p, c):\n    return len(p['text'])", {"text": text}, {})
    assert box.run(job, http=lambda request: {}, deadline_s=120).result == len(text)


@pytest.mark.parametrize(
    "parameters", [{"x": object()}, {"x": "y" * 13_000_000}], ids=["odd", "big"]
)
def test_a_job_that_cannot_be_sent_is_an_error(box: Sandbox, parameters: dict[str, Any]) -> None:
    job = Job("def execute_tool(p, c):\n    return 1", parameters, {})
    finished = box.run(job, http=lambda request: {}, deadline_s=120)
    assert finished.outcome == "error"
    assert finished.error_message.startswith("Parameters and context cannot be handed to the tool")
