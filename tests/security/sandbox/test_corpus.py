"""Every attack of the corpus is contained by the real sandbox, and leaves nothing behind."""

import importlib
import pkgutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.security.sandbox import corpus
from tests.security.sandbox.cases import EVERYTHING, Case
from tests.services.ports import wait_for
from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.secrets import FixedSecrets
from tools_library.executors.python_function.http import ToolRequests
from tools_library.sandbox.client import Sandbox
from tools_library.sandbox.types import Finished, Job

CANARY = "canary-4c1d-of-the-environment"
CONTAINED = {"rejected", "error", "timeout", "killed"}

CATEGORIES: dict[str, list[Case]] = {
    module.name: importlib.import_module(f"{corpus.__name__}.{module.name}").CASES
    for module in pkgutil.iter_modules(corpus.__path__)
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that even an unprivileged process could write to, would it get there."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o777)
        yield path


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_CANARY", CANARY)
        made = Sandbox(concurrency=2)
        assert made.status(120).available
        yield made
    made.close()


def processes_below(pid: int) -> set[int]:
    """Return the processes that a process started, and those that these did."""
    found: set[int] = set()
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def attack(box: Sandbox, case: Case, folder: Path) -> Finished:
    secrets = FixedSecrets()
    http = ToolRequests(Deadline.after(case.timeout, SystemClock()), secrets)
    job = Job(
        case.code.replace("{folder}", str(folder)),
        {},
        {"environment_variables": {}},
        case.imports,
        case.memory,
        case.timeout,
    )
    return box.run(job, http=http, deadline_s=case.timeout + 10)


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(CATEGORIES) >= 20
    for name, cases in CATEGORIES.items():
        assert len({case.name for case in cases}) == len(cases) >= 5, name
        assert len({case.code for case in cases}) == len(cases), name


@pytest.mark.parametrize(
    ("category", "case"),
    [(name, case) for name, cases in CATEGORIES.items() for case in cases],
    ids=[f"{name}: {case.name}" for name, cases in CATEGORIES.items() for case in cases],
)
def test_attacks_are_contained(
    box: Sandbox, folder: Path, settings, category: str, case: Case
) -> None:
    settings.OUTBOUND_ALLOW = []
    zygote = box.zygote_pid
    finished = attack(box, case, folder)
    assert finished.outcome in CONTAINED, finished
    assert finished.error_message or finished.outcome == "rejected"
    assert CANARY not in repr(finished)
    assert "KEPT" not in finished.error_message
    assert not list(folder.iterdir())
    assert box.zygote_pid == zygote


@pytest.mark.parametrize("case", CATEGORIES["persistence"], ids=lambda case: case.name)
def test_nothing_is_kept_for_the_next_run(box: Sandbox, folder: Path, case: Case) -> None:
    patient = replace(case, timeout=30.0)
    first, second = attack(box, patient, folder), attack(box, patient, folder)
    assert (first.outcome, first.error_message) == (second.outcome, second.error_message)
    assert "KEPT" not in second.error_message


def test_the_worker_is_alive_and_nothing_is_left_running(box: Sandbox, folder: Path) -> None:
    assert box.zygote_pid is not None
    before = processes_below(box.zygote_pid)
    for case in (*CATEGORIES["files_and_processes"], *CATEGORIES["endless_runs"][:2]):
        attack(box, case, folder)
    healthy = attack(
        box, Case("healthy", "def execute_tool(p, c):\n    return 'alive'", timeout=60), folder
    )
    assert (healthy.outcome, healthy.result) == ("success", "alive")
    zygote = box.zygote_pid
    wait_for(
        lambda: len(processes_below(zygote)) <= len(before) + 1,
        seconds=60,
        what="the end of attacks",
    )


def test_a_rejection_names_line_and_column(box: Sandbox) -> None:
    code = (
        "import json\n\ndef execute_tool(parameters, context):\n    x = 1; y = ().__class__.a.mro()"
    )
    (problem,) = box.validate(code, EVERYTHING)
    assert (problem.line, problem.column) == (4, 16)
    assert "mro" in problem.message


def test_draws_differ_between_runs(box: Sandbox, folder: Path) -> None:
    code = (
        "import random, uuid\n\ndef execute_tool(p, c):\n    return [random.random(), uuid.uuid4()]"
    )
    draws = [attack(box, Case("draw", code, timeout=60), folder).result for _ in range(5)]
    assert len({str(draw[0]) for draw in draws}) == len({draw[1] for draw in draws}) == 5
