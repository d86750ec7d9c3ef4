"""Named locks of the database that end with the transaction; imports Django."""

from __future__ import annotations

import hashlib

from django.db import connection


def hold(*names: str) -> None:
    """Hold these locks until the transaction ends; others who want one wait.

    Several are taken in one order by everybody, and before the events' order (`hold_order`): else
    two transactions could wait for each other. SQLite has one writer at a time and needs none.
    """
    if not names or connection.vendor != "postgresql":
        return
    keys = sorted({_key(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
