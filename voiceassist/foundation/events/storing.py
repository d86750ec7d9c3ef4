"""Writing events in their order; imports the Event model.

On PostgreSQL everything is one statement: the lock that keeps the order, the change that the
events tell of, and the events. A process that waits for it, waits for one answer of the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, Model
from django.utils import timezone

from voiceassist.foundation import written
from voiceassist.foundation.models import Event

_ORDER = 0x5EC
_HELD = "held AS MATERIALIZED (SELECT pg_advisory_xact_lock(%s, %s))"
_INSERT = """
INSERT INTO foundation_event (organization_id, topic, type, data, at)
SELECT %s, news.topic, news.type, news.data, %s
FROM {source}, (VALUES {rows}) AS news (position, topic, type, data)
ORDER BY news.position RETURNING id, {row}
"""


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
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ORDER, organization_id])


def store(organization_id: int, news: Sequence[News]) -> list[Event]:
    """Store events and hold their order until the transaction ends; return them, with their ids."""
    events = _events(organization_id, news)
    if not events:
        return []
    if connection.vendor != "postgresql":
        return Event.objects.bulk_create(events)
    return _inserted(f"WITH {_HELD}", [_ORDER, organization_id], "held", events)[0]


def insert_and_store(row: Model, news: Sequence[News]) -> list[Event]:
    """Store a new row of an organization, and events of that, as `store` does; return them.

    On PostgreSQL it is one statement. Inside a transaction.

    Raises:
        IntegrityError: the row is there already, by one of its constraints.
    """
    organization_id: int = row.organization_id  # type: ignore[attr-defined]
    events = _events(organization_id, news)
    if connection.vendor != "postgresql" or not events:
        row.save(force_insert=True)
        return Event.objects.bulk_create(events)
    fields, insert = _insertion(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    inserting = f"WITH {_HELD}, inserted AS ({insert})"
    arguments = [_ORDER, organization_id, *values]
    stored, row.pk = _inserted(inserting, arguments, "inserted", events)
    row._state.adding, row._state.db = False, connection.alias
    return stored


def advance_and_store(
    row: Model, fields: tuple[str, ...], still: tuple[str, ...], news: Sequence[News]
) -> list[Event]:
    """Store fields of a row whose `status` is still one of these, and events of that; return them.

    Nothing happens where the status is another one. The order is held before the row is locked,
    and until the transaction ends; outside of one, all of it is a transaction of its own.

    Args:
        row: of an organization, with a column `status`.
        news: at least one, for they tell whether the row was there.
    """
    organization_id: int = row.organization_id  # type: ignore[attr-defined]
    events = _events(organization_id, news)
    if connection.vendor != "postgresql":
        with transaction.atomic(savepoint=False):
            rows = type(row)._base_manager.filter(pk=row.pk, status__in=still)
            changed = rows.update(**{name: getattr(row, name) for name in fields})
            return Event.objects.bulk_create(events) if changed else []
    stored, update = _advance(type(row), fields)
    values = [field.get_db_prep_save(getattr(row, field.name), connection) for field in stored]
    changing = f"WITH {_HELD}, advanced AS ({update})"
    arguments = [_ORDER, organization_id, *values, row.pk, list(still)]
    return _inserted(changing, arguments, "advanced", events)[0]


@lru_cache(maxsize=64)
def _insertion(model: type[Model]) -> tuple[tuple[Field[Any, Any], ...], str]:
    """Return the fields of a model, and the statement that inserts a row of it."""
    fields, columns = written.stored_fields(model)
    places = ", ".join(["%s"] * len(fields))
    table = model._meta.db_table
    return fields, f'INSERT INTO "{table}" ({columns}) SELECT {places} FROM held RETURNING id'  # noqa: S608 - own names


@lru_cache(maxsize=64)
def _advance(model: type[Model], names: tuple[str, ...]) -> tuple[tuple[Field[Any, Any], ...], str]:
    """Return the fields of these names, and the statement that stores them."""
    fields, changes = written.changed_fields(model, names)
    # That it reads `held` makes the database take the lock first.
    which = "id = %s AND status = ANY(%s) AND EXISTS (SELECT FROM held)"
    table = model._meta.db_table
    return fields, f'UPDATE "{table}" SET {changes} WHERE {which} RETURNING id'  # noqa: S608 - own names


def _events(organization_id: int, news: Sequence[News]) -> list[Event]:
    at: datetime = timezone.now()
    return [
        Event(
            organization_id=organization_id,
            topic=each.topic,
            type=each.type,
            data=each.data,
            at=at,
        )
        for each in news
    ]


def _inserted(
    before: str, arguments: Sequence[Any], source: str, events: list[Event]
) -> tuple[list[Event], int | None]:
    """Insert events once for `source`; return them and the id of its row, which `held` has not.

    Nothing happens where `source` has no row.
    """
    data = Event._meta.get_field("data")
    places = ", ".join(["(%s, %s, %s, %s)"] * len(events))
    values: list[Any] = [*arguments, events[0].organization_id, events[0].at]
    for position, event in enumerate(events):
        content = data.get_db_prep_save(event.data, connection)
        values += [position, event.topic, event.type, content]
    row = "NULL" if source == "held" else f"(SELECT id FROM {source})"  # noqa: S608 - own names
    with connection.cursor() as cursor:
        cursor.execute(before + _INSERT.format(source=source, rows=places, row=row), values)
        found = sorted(cursor.fetchall())
    for event, (number, _) in zip(events, found, strict=False):
        event.pk = number
        event._state.adding = False
    return events[: len(found)], found[0][1] if found else None
