"""Rows stored by statements put together once; imports Django only.

What `save` and `bulk_create` do, for rows that somebody waits for: Django puts each statement
together anew, which takes several times as long as the database needs. No signals are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Field, Model


def insert(rows: Sequence[Model]) -> None:
    """Store new rows of one model and give each its id; in a transaction, where there is more.

    Raises:
        IntegrityError: one of them is there already, by one of the model's constraints.
    """
    if not rows:
        return
    fields, statement = _insertion(type(rows[0]), len(rows))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


def update(row: Model, names: tuple[str, ...]) -> None:
    """Store these fields of a row.

    Raises:
        DatabaseError: it is not there any more.
    """
    fields, statement = _change(type(row), names)
    values = [
        field.get_db_prep_save(field.pre_save(row, add=False), connection) for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, row.pk])
        if not cursor.rowcount:
            raise DatabaseError(f"{row!r} is not there any more.")


def stored_fields(model: type[Model]) -> tuple[tuple[Field[Any, Any], ...], str]:
    """Return the fields of a new row, and their columns as SQL lists them."""
    fields = tuple(field for field in model._meta.concrete_fields if not field.primary_key)
    return fields, ", ".join(f'"{field.column}"' for field in fields)


def changed_fields(
    model: type[Model], names: tuple[str, ...]
) -> tuple[tuple[Field[Any, Any], ...], str]:
    """Return the fields of these names, and how SQL sets them."""
    known = {field.name: field for field in model._meta.concrete_fields}
    fields = tuple(known[name] for name in names)
    return fields, ", ".join(f'"{field.column}" = %s' for field in fields)


@lru_cache(maxsize=256)
def _insertion(model: type[Model], rows: int) -> tuple[tuple[Field[Any, Any], ...], str]:
    fields, columns = stored_fields(model)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * rows)
    table, key = model._meta.db_table, model._meta.pk.column
    return fields, f'INSERT INTO "{table}" ({columns}) VALUES {places} RETURNING "{key}"'  # noqa: S608 - own names


@lru_cache(maxsize=64)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[tuple[Field[Any, Any], ...], str]:
    fields, changes = changed_fields(model, names)
    table, key = model._meta.db_table, model._meta.pk.column
    return fields, f'UPDATE "{table}" SET {changes} WHERE "{key}" = %s'  # noqa: S608 - own names
