"""Empties the test database after tests that commit; imports Django.

Django's own flush truncates every table and makes all content types and permissions anew, which
takes longer than most tests. Here the few rows there are get deleted; what migrations wrote stays.
"""

from contextlib import suppress
from functools import cache
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase

_WRITTEN_BY_MIGRATIONS = {"django_content_type", "auth_permission"}
_TRIES = 5


def clean_quickly() -> None:
    """Let tests that commit be followed by `empty_database` instead of a flush."""
    TransactionTestCase._fixture_teardown = lambda case: empty_database()


def empty_database() -> None:
    """Delete all rows but those of migrations; waits for open transactions, as a flush does.

    One that a test's job has left open can wait for a table that is locked here, while its own are
    waited for: the database ends one of the two. Where that is this one, it begins anew.
    """
    for _ in range(_TRIES - 1):
        with suppress(OperationalError):
            return _empty_once()
    return _empty_once()


def _empty_once() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _statements(connection.vendor):
            cursor.execute(statement)


@cache
def _statements(vendor: str) -> tuple[str, ...]:
    models: list[Any] = apps.get_models(include_auto_created=True)
    names = sorted({each._meta.db_table for each in models} - _WRITTEN_BY_MIGRATIONS)
    tables = [connection.ops.quote_name(name) for name in names]
    deletes = [f"DELETE FROM {table}" for table in tables]
    if vendor != "postgresql":
        return tuple(deletes)  # the transaction has locked the whole database
    # One message to the server for all of them; references are judged when it commits.
    return (f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE", "; ".join(deletes))
