"""The audit as JSON lines: told in constant memory, proved without a database; imports the audit.

A line is an entry with its hash as canonical JSON, so that ten lines of any language can prove it.
What no file can show is that its end was cut off: for that its `end` is kept apart from it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from asgiref.sync import sync_to_async

from voiceassist.foundation.jobs import give_back_connections
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import audit
from voiceassist.organizations.services.audit import Broken, Verdict

AT_ONCE = 500
_LINE_MAX = 10_000_000
_TEXTS = (*("action", "object_kind", "actor_kind", "at"), "previous_hash", "hash")


def lines(organization_id: int, until: int) -> Iterator[str]:
    """Yield the entries up to a place in the chain, each as a line with its end."""
    after = 0
    while page := _page(organization_id, after, until):
        yield from map(_line, page)
        after = page[-1].sequence


async def stream(organization_id: int, until: int) -> AsyncIterator[bytes]:
    """Yield the same as bytes, for an answer over HTTP; no connection is held in between."""

    def read(after: int) -> list[AuditEntry]:
        try:
            return _page(organization_id, after, until)
        finally:
            give_back_connections()

    after = 0
    while page := await sync_to_async(read)(after):
        yield "".join(map(_line, page)).encode("ascii")
        after = page[-1].sequence


def prove(given: Iterable[str]) -> Verdict:
    """Return how the chain in such lines stands; `Verdict.against` tells whether it is whole."""
    reader = _Reader(given)
    verdict = audit.follow(reader)
    if verdict.broken is None and reader.unreadable:
        broken = Broken(verdict.entries + 1, "it is not written as it was exported")
        return Verdict(verdict.entries, verdict.newest_hash, broken)
    return verdict


class _Reader:
    """The entries of a file, up to a line that is none."""

    def __init__(self, given: Iterable[str]) -> None:
        self._given = given
        self.unreadable = False

    def __iter__(self) -> Iterator[tuple[dict[str, Any], str]]:
        for line in self._given:
            fields = _entry(line)
            if fields is None:
                self.unreadable = True
                return
            own = fields.pop("hash")
            yield fields, own


def _page(organization_id: int, after: int, until: int) -> list[AuditEntry]:
    rows = AuditEntry.objects.of(organization_id).order_by("sequence")
    return list(rows.filter(sequence__gt=after, sequence__lte=until)[:AT_ONCE])


def _line(entry: AuditEntry) -> str:
    return audit.canonical({**audit.fields_of(entry), "hash": entry.hash}) + "\n"


def _entry(line: str) -> dict[str, Any] | None:
    """Return a line's entry; None: it is none, or says the same in another way than we do."""
    try:
        entry = json.loads(line) if len(line) <= _LINE_MAX else None
        same = audit.canonical(entry) + "\n" == line
    except (ValueError, RecursionError):
        return None
    if not same or not isinstance(entry, dict):
        return None
    place = entry.get("sequence")
    usual = isinstance(place, int) and not isinstance(place, bool)
    return entry if usual and all(isinstance(entry.get(name), str) for name in _TEXTS) else None
