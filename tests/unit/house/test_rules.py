"""The house rules that a machine can hold: sizes, docstrings, words, locks, templates."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from tests.unit.house.tree import GENERATED, ROOT, files, modules, parsed, shown
from voiceassist.foundation.jobs import Queue

# One process reads the modules for all these tests, and forgets them.
pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.usefixtures("forgetting")]

MODULE_LINES = 400
FUNCTION_LINES = 50


@pytest.fixture(scope="module")
def forgetting() -> Iterator[None]:
    """Give back the memory of the modules: it would be walked by each collection of garbage."""
    yield
    parsed.cache_clear()


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = parsed(path)
    return [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_there_is_something_to_look_at() -> None:
    assert len(modules()) > 50


def test_modules_are_small() -> None:
    long = {
        shown(path): lines
        for path in modules()
        if (lines := len(path.read_text().splitlines())) > MODULE_LINES
    }
    assert not long


def test_functions_are_small() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in modules()
        for node in _functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not long


def test_every_module_says_what_it_is() -> None:
    silent = [
        shown(path)
        for path in modules()
        if path.read_text().strip() and not ast.get_docstring(parsed(path))
    ]
    assert not silent


def test_public_functions_of_the_product_say_what_they_do() -> None:
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in modules()
        if path.parts[len(ROOT.parts)] not in {"tests", "benchmarks"}
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent


def _lines_with(pattern: str, paths: tuple[Path, ...]) -> list[str]:
    found = []
    for path in paths:
        if path.name in GENERATED or path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{shown(path)}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(text.splitlines(), 1)
            if re.search(pattern, line)
        ]
    return found


def test_nothing_is_left_for_later() -> None:
    assert not _lines_with(r"\b(TODO|FIXME|XXX|HACK)\b", files())


def test_no_path_of_anybodys_machine() -> None:
    assert not _lines_with(r"(?<![\w.])(/home/\w|/root/|/Users/\w|[A-Z]:\\Users)", files())


def test_phone_numbers_are_reserved_for_examples() -> None:
    # +1 xxx 555 01xx is never given to anybody; E.164 numbers elsewhere might ring somewhere.
    assert not _lines_with(r"\+1(?!\d{3}55501\d\d\b)[2-9]\d{9}\b", files())


@pytest.mark.parametrize("name", GENERATED)
def test_lock_files_name_hashes_and_no_hosts(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    requirements = re.findall(r"^[a-z0-9][\w.-]*(?:\[[^]]*\])?==", text, flags=re.MULTILINE | re.I)
    assert len(requirements) > 30
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_locks_of_both_sets_agree() -> None:
    pins = [
        dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", (ROOT / name).read_text(), re.M))
        for name in GENERATED
    ]
    run, development = pins
    assert {name: development.get(name) for name in run} == run


def test_no_resolver_file_is_committed() -> None:
    assert not {"uv.lock", "pylock.toml", "package.json"} & {path.name for path in files()}


def test_tests_neither_sleep_nor_look_away() -> None:
    paths = tuple(path for path in files(".py") if path.is_relative_to(ROOT / "tests"))
    forbidden = r"\btime\.sleep\(|\bpytest\.(skip|xfail|importorskip)\b|mark\.(skip|skipif|xfail)\b"
    assert not _lines_with(forbidden, paths)


def test_templates_keep_script_and_style_in_files() -> None:
    templates = tuple(path for path in files(".html") if "templates" in path.parts)
    inline = (
        r"<style\b|\sstyle=[\"']|\son[a-z]+=[\"']|javascript:"
        r"|<script(?![^>]*\bsrc=)(?![^>]*application/json)"
    )
    assert not _lines_with(inline, templates)


def test_the_readme_names_both_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make run" in text
    assert "make test" in text


def test_the_readme_starts_a_worker_for_each_queue_and_none_for_two() -> None:
    text = (ROOT / "README.md").read_text()
    workers = re.findall(r"celery -A config\.celery worker ([^`]*)`", text)
    queues = [re.findall(r"-Q (\S+)", options) for options in workers]
    assert sorted(queues) == sorted([queue] for queue in get_args(Queue))
    names = [re.findall(r"-n (\S+)@%h", options) for options in workers]
    assert names == queues, "two workers of one machine need names of their own"


def test_makefile_has_the_promised_commands() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert {"run", "test", "install", "call", "bench", "check", "soak", "help"} <= set(targets)
