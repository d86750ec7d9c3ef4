"""Storing and publishing events; imports their storing and the live transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from voiceassist.foundation.events import storing
from voiceassist.foundation.events.storing import News
from voiceassist.foundation.events.transport import send
from voiceassist.foundation.models import Event


def emit(organization_id: int, *news: News) -> list[Event]:
    """Store events in the caller's transaction and publish them after the commit; return them.

    Events of one organization become visible in the order of their ids, so that a reader who
    resumes after the last id it saw misses none: on PostgreSQL the rest of the transaction holds
    a lock per organization, hence emit last, and everything at once. Who also locks rows that
    others lock before they emit calls `hold_order` first.
    """
    events = storing.store(organization_id, news)
    transaction.on_commit(lambda: _send_all(events))
    return events


def insert_and_emit(row: Model, *news: News, stored: Callable[[], None]) -> None:
    """Store a new row of an organization and emit events of that, as `emit`; in a transaction.

    On PostgreSQL both are one statement.

    Args:
        stored: called once the row is there; what it leaves for after the commit is done before
            the pages are told.

    Raises:
        IntegrityError: the row is there already, by one of its constraints.
    """
    events = storing.insert_and_store(row, news)
    stored()
    transaction.on_commit(lambda: _send_all(events))


def advance_and_emit(
    row: Model,
    fields: tuple[str, ...],
    *news: News,
    still: tuple[str, ...],
    first: Callable[[], None],
) -> bool:
    """Store fields of a row and emit events of that; False where its `status` had gone on.

    As `emit`, but the order is held before the row is locked, and on PostgreSQL all of it is one
    statement: for changes that somebody waits for.

    Args:
        still: the row changes only while its `status` is one of these.
        first: called after the commit, before the pages are told.
    """
    events = storing.advance_and_store(row, fields, still, news)
    if events:
        transaction.on_commit(first)
        transaction.on_commit(lambda: _send_all(events))
    return bool(events)


def publish(organization_id: int, topic: str, type: str, data: Mapping[str, Any]) -> None:
    """Tell live pages something that is not kept; `seq` is null and the socket fills it in."""
    at = timezone.now().isoformat()
    send(organization_id, topic, {"type": type, "seq": None, "at": at, "data": dict(data)})


def to_frame(event: Event) -> dict[str, Any]:
    """Return the event as pages get it: `{"type", "seq", "at", "data"}`."""
    return {
        "type": event.type,
        "seq": event.pk,
        "at": event.at.isoformat(),
        "data": event.data,
    }


def _send_all(events: list[Event]) -> None:
    for event in events:
        send(event.organization_id, event.topic, to_frame(event))
