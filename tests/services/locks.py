"""Whether somebody waits for a lock of this test's database; imports Django."""

from django.db import connection


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
