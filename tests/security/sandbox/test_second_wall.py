"""With RestrictedPython off the kernel alone holds files, network, processes, memory and time."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.sandbox import attacks, walls
from tools_library.sandbox.client import Finished, Job, Sandbox

CANARY = "canary-9f1c62"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    os.environ["SANDBOX_CANARY"] = CANARY
    made = Sandbox(concurrency=2, boot=walls.WITHOUT_POLICY)
    status = made.status(120)
    assert status.available, status.why
    yield made
    made.close()
    del os.environ["SANDBOX_CANARY"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # pytest's own folders are closed to the user that tools run as.
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        yield Path(made)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def run(box: Sandbox, code: str, *, timeout: float = 60.0, memory: int = 64) -> Finished:
    job = Job(code, {}, {}, (), memory_limit_mb=memory, timeout_s=timeout)
    finished = box.run(job, http=lambda request: {"echo": request}, deadline_s=timeout + 20)
    assert box.zygote_pid is not None
    # The process that was started, the first of its namespace, and the child kept for the next.
    walls.idle(box.zygote_pid)
    return finished


def filled(code: str, folder: Path, port: int) -> str:
    return code.replace("{folder}", str(folder)).replace("{port}", str(port))


def still_works(box: Sandbox) -> bool:
    return run(box, "def execute_tool(parameters, context):\n    return 6 * 7").result == 42


@pytest.mark.parametrize("name", attacks.HELD)
def test_the_kernel_refuses(box: Sandbox, folder: Path, port: int, name: str) -> None:
    before = box.zygote_pid
    finished = run(box, filled(attacks.HELD[name], folder, port))
    assert finished.outcome == "success", finished
    assert finished.result.startswith("held: "), finished.result
    assert list(folder.iterdir()) == []
    assert still_works(box)
    assert box.zygote_pid == before


REAL = sorted(
    set(attacks.HELD)
    # These change the process that tries them, or need what only the locked child has.
    - {"kill_parent", "kill_everybody", "kill_first", "become_root", "new_session", "pin_core"}
    - {"raise_memory", "lower_and_raise", "priority", "exec_program", "send_descriptor"}
    - {"new_namespace", "other_descriptors", "unix_socket", "own_memory_file", "parent_environment"}
)


@pytest.mark.parametrize("name", REAL)
def test_without_the_wall_the_same_code_gets_through(name: str, port: int) -> None:
    with tempfile.TemporaryDirectory() as open_folder:
        code = filled(attacks.HELD[name], Path(open_folder), port)
        program = f"{code}\nprint(execute_tool({{}}, {{}}))"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True
        )
    assert done.stdout.startswith("got: "), (done.stdout, done.stderr)


@pytest.mark.parametrize("name", attacks.DEADLY)
def test_the_kernel_ends_the_process(box: Sandbox, name: str) -> None:
    finished = run(box, attacks.as_tool(attacks.DEADLY[name]))
    assert finished.outcome in {"killed", "unavailable"}
    assert finished.outcome == "killed" or name == "claim_a_lockdown_failure"
    assert still_works(box)


@pytest.mark.parametrize("name", attacks.SLOW)
def test_time_runs_out(box: Sandbox, name: str) -> None:
    finished = run(box, attacks.as_tool(attacks.SLOW[name]), timeout=0.4)
    assert finished.outcome == "timeout"
    assert finished.error_message == "The tool did not finish within 0.4 s."
    assert finished.duration_ms < 30_000
    assert still_works(box)


def test_memory_is_an_error_of_the_tool_and_is_measured(box: Sandbox) -> None:
    grows = "data = []\nwhile True:\n    data.append(bytearray(1 << 20))"
    finished = run(box, attacks.as_tool(grows), memory=48)
    assert finished.outcome == "error"
    assert finished.error_message == "MemoryError: the tool needs more than its 48 MB of memory"
    assert 30_000 < finished.peak_memory_kb < 60_000


def test_memory_within_the_limit_is_there(box: Sandbox) -> None:
    finished = run(box, attacks.as_tool("assert len(bytearray(40 << 20))"), memory=64)
    assert finished.result == "got through"
    assert finished.peak_memory_kb > 35_000


def test_processor_time_is_measured(box: Sandbox) -> None:
    spin = (
        "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end:\n    pass"
    )
    spun, idle = (run(box, attacks.as_tool(each)).cpu_ms for each in (spin, "pass"))
    assert spun >= 150 and idle < spun


def test_nothing_of_the_server_is_in_the_process(box: Sandbox) -> None:
    look = """
    def execute_tool(parameters, context):
        import ctypes, gc, os, sys
        texts = list(os.environ.values()) + sys.argv + sys.orig_argv
        block = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
        index = 0
        while block and block[index]:
            texts.append(block[index].decode())
            index += 1
        for thing in gc.get_objects():
            if isinstance(thing, dict):
                texts += [value for value in list(thing.values()) if isinstance(value, str)]
        names = [name for name in sys.modules if name.split(".")[0] in ("django", "config")]
        return {"canary": any("canary-9f1c" + "62" in text for text in texts), "names": names}
    """
    import textwrap

    finished = run(box, textwrap.dedent(look).strip())
    assert finished.result == {"canary": False, "names": []}


def test_two_runs_share_nothing(box: Sandbox) -> None:
    leave = "import sys\nsys.modules['left'] = 'behind'\nimport builtins\nbuiltins.left = 1"
    assert run(box, attacks.as_tool(leave)).outcome == "success"
    look = (
        "import sys, builtins\nassert 'left' not in sys.modules and not hasattr(builtins, 'left')"
    )
    assert run(box, attacks.as_tool(look)).result == "got through"


def test_two_runs_draw_different_numbers(box: Sandbox) -> None:
    draw = "def execute_tool(parameters, context):\n    import random\n    return random.random()"
    assert len({run(box, draw).result for _ in range(5)}) == 5
