"""Two at one moment, and whether one waits for a lock of the test's database; imports Django."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, connections, transaction

from tests.services.ports import wait_for

T = TypeVar("T")


def beside(first: Callable[[], object], second: Callable[[], T]) -> T:
    """Return what `second` returns that must wait while `first` is not committed yet."""

    def work() -> T:
        try:
            return second()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            other = pool.submit(work)
            wait_for(somebody_waits, seconds=60, what="the second one")
        return other.result(60)


def somebody_waits() -> bool:
    """Return whether a connection waits for what another one holds; on PostgreSQL alone.

    Other processes of the run wait in databases of their own, on the same server.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees it once
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
