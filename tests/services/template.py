"""One process of a run migrates its test database, the others copy that; imports Django."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from django.db import connection

_LOCK = 40_115


@contextmanager
def shared_migrations() -> Iterator[None]:
    """Make the test database inside; whoever is not the first waits, and copies instead.

    Of a run with one process, and of SQLite, nothing is shared.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None or connection.vendor != "postgresql":
        yield
        return
    template, mine = f"migrated_{run}", connection.settings_dict
    with _elsewhere() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if found.fetchone() is not None:
            server.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
            mine["TEST"] |= {"TEMPLATE": template, "MIGRATE": False}
            yield
            return
        yield
        connection.close()  # a database that is in use cannot be copied
        server.execute(f'CREATE DATABASE "{template}" TEMPLATE "{mine["NAME"]}"')
        atexit.register(_drop, template)


def _drop(template: str) -> None:
    with suppress(psycopg.Error), _elsewhere() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{template}"')


def _elsewhere() -> psycopg.Connection:
    """A session in a database that nobody copies."""
    it = connection.settings_dict
    return psycopg.connect(
        host=it["HOST"], port=it["PORT"], user=it["USER"], password=it["PASSWORD"] or None,
        dbname="postgres", autocommit=True,
    )  # fmt: skip
