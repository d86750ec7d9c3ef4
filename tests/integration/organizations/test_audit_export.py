"""The audit as JSON lines: whole, streamed, and proved by us and by a program of a few lines."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.organizations import make_key, make_organization
from tests.services.application import served
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import audit, audit_file

AUDIT = "/api/organization/audit"
DOCUMENT = Path(__file__).parents[3] / "docs/audit.md"

Lines = list[str]


@pytest.fixture
def shop() -> Organization:
    shop = make_organization()
    odd = {"text": "é ✓ \u2028", "number": 1e16, "small": 1e-7, "nothing": None, "list": [{}]}
    for number in range(8):
        audit.record(
            shop.pk, "thing.made", by=None, kind="thing", object_id=number, data={"odd": odd}
        )
    return shop


def exported(shop: Organization) -> tuple[Lines, str, str]:
    """Return what the command prints: the lines, how many there are, the newest hash."""
    out, told = StringIO(), StringIO()
    call_command("export_audit", "--organization", shop.slug, stdout=out, stderr=told)
    end = re.fullmatch(r"(\d+) entries, the newest ([0-9a-f]{64})\n", told.getvalue())
    assert end is not None
    return out.getvalue().splitlines(keepends=True), end.group(1), end.group(2)


def by_us(file: Path, entries: str, newest: str) -> str:
    """Return what our command says of a file, a fault too."""
    out = StringIO()
    end = ("--entries", entries, "--newest", newest)
    try:
        call_command("verify_audit", "--file", str(file), *end, stdout=out)
    except CommandError as error:
        return f"wrong: {error}"
    return f"right: {out.getvalue()}"


def by_the_document(file: Path, entries: str, newest: str) -> str:
    """Return what the program in the documentation says, run without anything of ours."""
    program = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert program is not None
    command = [sys.executable, "-I", "-S", "-c", program.group(1), str(file), entries, newest]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=file.parent, timeout=60)
    assert "Traceback" not in ran.stderr
    return f"wrong: {ran.stderr}" if ran.returncode else f"right: {ran.stdout}"


def rewritten(lines: Lines) -> Lines:
    """Return a chain that somebody made anew after changing its third entry."""
    previous, made = "0" * 64, []
    for line in lines:
        entry = json.loads(line)
        entry.pop("hash")
        entry["previous_hash"] = previous
        if entry["sequence"] == 3:
            entry["action"] = "thing.forged"
        previous = hashlib.sha256(audit.canonical(entry).encode()).hexdigest()
        made.append(audit.canonical(entry | {"hash": previous}) + "\n")
    return made


TOUCHED: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "changed": (lambda lines: [*lines[:4], lines[4].replace("made", "lost"), *lines[5:]], 5),
    "removed": (lambda lines: [*lines[:4], *lines[5:]], 5),
    "beginning removed": (lambda lines: lines[1:], 1),
    "reordered": (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], 5),
    "repeated": (lambda lines: [*lines[:5], *lines[4:]], 5),
    "said twice": (
        lambda lines: [*lines[:4], lines[4].replace("{", '{"action":"thing.kept",', 1), *lines[5:]],
        5,
    ),
    "written otherwise": (
        lambda lines: [*lines[:4], lines[4].replace(":", ": ", 1), *lines[5:]],
        5,
    ),
    "end cut off": (lambda lines: lines[:-1], 9),
    "all cut off": (lambda lines: [], 1),
    "end cut within a line": (lambda lines: [*lines[:-1], lines[-1][:-30]], 9),
    "written anew": (rewritten, 9),
}


@pytest.mark.django_db
@pytest.mark.embedded
def test_hash_chained_audit_export_is_proved_by_two_programs(
    shop: Organization, tmp_path: Path
) -> None:
    lines, entries, newest = exported(shop)
    assert (len(lines), entries) == (9, "9") and audit.verify(shop.pk).newest_hash == newest
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(lines))
    assert by_us(file, entries, newest).startswith(f"right: {file}: ok, 9 entries")
    assert by_the_document(file, entries, newest) == (
        "right: All 9 entries are as they were written.\n"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("touched", TOUCHED)
def test_hash_chained_audit_export_shows_what_was_touched(
    shop: Organization, tmp_path: Path, touched: str
) -> None:
    lines, entries, newest = exported(shop)
    touch, place = TOUCHED[touched]
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(touch(lines)))
    ours = by_us(file, entries, newest)
    assert re.match(rf"wrong: .*: entry {place}: ", ours), ours
    if touched not in ("end cut within a line",):  # no JSON at all, as the program will say
        assert by_the_document(file, entries, newest).startswith("wrong: ")


@pytest.mark.django_db
def test_an_earlier_end_proves_the_beginning_of_a_later_file(
    shop: Organization, tmp_path: Path
) -> None:
    _, entries, newest = exported(shop)
    audit.record(shop.pk, "thing.made", by=None, kind="thing")
    lines, _, _ = exported(shop)
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(lines))
    assert "entry 10: it was added by hand" in by_us(file, entries, newest)
    file.write_text("".join(lines[: int(entries)]))
    assert by_us(file, entries, newest).startswith("right: ")


@pytest.mark.django_db
def test_without_its_end_a_file_is_followed_and_its_end_told(
    shop: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, _, newest = exported(shop)
    out = StringIO()
    monkeypatch.setattr("sys.stdin", StringIO("".join(lines)))
    call_command("verify_audit", "--file", "-", stdout=out)
    assert out.getvalue() == f"-: ok, 9 entries, the newest {newest}\n"


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (None, [], "cannot be read"),
        ("é", [], "more than ASCII"),
        ("", ["--entries", "3"], "together"),
        ("[]\n", [], "entry 1: it is not written as it was exported"),
        ("[" * 100_000, [], "entry 1: it is not written"),
        ('{"hash":"","sequence":true}\n', [], "entry 1: it is not written"),
    ],
)
def test_what_is_no_export_is_said(
    tmp_path: Path, content: str | None, more: list[str], words: str
) -> None:
    file = tmp_path / "audit.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=words):
        call_command("verify_audit", "--file", str(file), *more)


@pytest.mark.django_db
def test_an_unknown_organization_is_told_with_the_known_ones(shop: Organization) -> None:
    with pytest.raises(CommandError, match=f"no organization 'nowhere'.*{shop.slug}"):
        call_command("export_audit", "--organization", "nowhere")


@pytest.mark.django_db
def test_an_export_reads_page_by_page(shop: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_file, "AT_ONCE", 2)
    reading = audit_file.lines(shop.pk, 9)
    with CaptureQueriesContext(connection) as first:
        begun = list(islice(reading, 2))
    with CaptureQueriesContext(connection) as rest:
        begun += list(reading)
    assert (len(first), len(rest)) == (1, 5), "what is not asked for is not read"
    assert begun == exported(shop)[0]


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    with served() as url:
        yield url


def test_hash_chained_audit_export_comes_over_http(
    server: str, shop: Organization, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit_file, "AT_ONCE", 4)
    doors = {
        role: {"Authorization": f"Bearer {make_key(shop, role)[1]}"}
        for role in ("builder", "admin")
    }
    client = requests.Session()

    def ask(query: str = "", role: str = "admin", **headers: str) -> requests.Response:
        return client.get(f"{server}{AUDIT}{query}", headers=doors[role] | headers, timeout=60)

    for slash in ("", "/"):
        answer = ask(f"{slash}?format=jsonl")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jsonl")
        assert answer.headers["transfer-encoding"] == "chunked"
        assert f'filename="audit-{shop.slug}.jsonl"' in answer.headers["content-disposition"]
    lines, entries, newest = exported(shop)
    assert answer.text == "".join(lines) and len(lines) == 11
    assert answer.headers["x-audit-entries"] == entries
    assert answer.headers["x-audit-newest"] == newest
    file = tmp_path / "audit.jsonl"
    file.write_text(answer.text)
    assert by_us(file, entries, newest).startswith("right: ")
    assert ask(Accept="application/jsonl").text == answer.text
    narrowed = ask("?format=jsonl&action=thing.made")
    assert narrowed.status_code == 400 and narrowed.json()["errors"][0]["field"] == "action"
    assert ask("?format=csv").status_code == 404
    refused = ask("?format=jsonl", "builder")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert ask().json()["results"][0]["sequence"] == 11
    client.close()
