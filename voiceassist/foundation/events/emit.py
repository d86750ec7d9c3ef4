"""Storing and publishing events; imports the Event model and the live transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from voiceassist.foundation.events.transport import send
from voiceassist.foundation.models import Event


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened.

    Args:
        topic: who listens, such as `executions` or `call:12`.
        type: what happened, in the past tense, such as `execution.updated`.
        data: JSON object; ids and short values, no secrets.
    """

    topic: str
    type: str
    data: Mapping[str, Any]


def emit(organization_id: int, *news: News) -> list[Event]:
    """Store events in the caller's transaction and publish them after the commit; return them.

    Events of one organization become visible in the order of their ids, so that a reader who
    resumes after the last id it saw misses none: on PostgreSQL the rest of the transaction holds
    a lock per organization, hence emit last, and everything at once. Who also locks rows that
    others lock before they emit calls `hold_order` first.
    """
    with transaction.atomic(savepoint=False):
        hold_order(organization_id)
        now = timezone.now()
        events = Event.objects.bulk_create(
            [
                Event(
                    organization_id=organization_id,
                    topic=each.topic,
                    type=each.type,
                    data=each.data,
                    at=now,
                )
                for each in news
            ]
        )
        transaction.on_commit(lambda: _send_all(organization_id, events))
    return events


def hold_order(*organization_ids: int) -> None:
    """Hold the order of these organizations' events until the transaction ends.

    Everybody takes this lock before the rows that its holders lock, and several organizations in
    the order of their ids: else two transactions could wait for each other. SQLite has one writer
    at a time and needs none.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for organization_id in sorted(set(organization_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x5EC, organization_id])


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


def _send_all(organization_id: int, events: list[Event]) -> None:
    for event in events:
        send(organization_id, event.topic, to_frame(event))
