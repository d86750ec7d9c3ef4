"""Pages of a list of calls by cursor, newer and older; imports models."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from calls.models import Call

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class CallPage:
    """Some calls, and the cursors of the pages beside them (empty: there is none)."""

    calls: Sequence[Call]
    newer: str
    older: str


def page_of(calls: QuerySet[Call], cursor: str, size: int) -> CallPage:
    """Return the page that `cursor` names, in one query.

    Args:
        calls: ordered newest first by (started_at, id).
        cursor: `older_<microseconds>_<id>` or `newer_…`; anything else means the first page.
        size: how many calls a page has.
    """
    direction, mark = _read(cursor)
    if mark is None:
        rows = list(calls[: size + 1])
        return _page(rows[:size], newer=False, older=len(rows) > size)
    if direction == "newer":
        rows = list(calls.filter(_beyond("gt", mark)).order_by("started_at", "id")[: size + 1])
        return _page(rows[:size][::-1], newer=len(rows) > size, older=True)
    rows = list(calls.filter(_beyond("lt", mark))[: size + 1])
    return _page(rows[:size], newer=True, older=len(rows) > size)


def _page(rows: list[Call], *, newer: bool, older: bool) -> CallPage:
    return CallPage(
        rows,
        _cursor("newer", rows[0]) if rows and newer else "",
        _cursor("older", rows[-1]) if rows and older else "",
    )


def _cursor(direction: str, call: Call) -> str:
    return f"{direction}_{(call.started_at - EPOCH) // MICROSECOND}_{call.pk}"


def _read(cursor: str) -> tuple[str, tuple[dt.datetime, int] | None]:
    found = re.fullmatch(r"(older|newer)_([0-9]{1,17})_([0-9]{1,18})", cursor)
    if not found:
        return "", None
    return found[1], (EPOCH + int(found[2]) * MICROSECOND, int(found[3]))


def _beyond(how: str, mark: tuple[dt.datetime, int]) -> Q:
    at, pk = mark
    return Q(**{f"started_at__{how}": at}) | Q(**{"started_at": at, f"id__{how}": pk})
