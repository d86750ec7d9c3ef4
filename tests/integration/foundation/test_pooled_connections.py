"""Pooled connections: rarely asked whether they live, and never handed out when they do not."""

from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from voiceassist.foundation import pooled
from voiceassist.foundation.pooled import PooledConnection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(monkeypatch):
    """What the connections take for the time, in seconds."""
    now = [1_000.0]
    monkeypatch.setattr(pooled, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def asked(monkeypatch):
    """The empty statements that went to the server."""
    sent = []
    plain = psycopg.Connection.execute

    def execute(self, query, *args, **options):
        if query == "":
            sent.append(self)
        return plain(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", execute)
    return sent


@pytest.fixture
def pool():
    """A pool of one connection, as the settings make it."""
    connect = {**connection.get_connection_params(), "autocommit": True}
    with ConnectionPool(
        kwargs=connect, min_size=1, max_size=1, timeout=10,
        connection_class=PooledConnection, check=ConnectionPool.check_connection,
    ) as opened:  # fmt: skip
        yield opened


def _take(pool):
    """Use the pool's connection as a job does; return the server's process."""
    taken = pool.getconn()
    try:
        return taken.execute("SELECT pg_backend_pid()").fetchone()[0]
    finally:
        pool.putconn(taken)


def test_a_busy_connection_is_asked_once_a_second(pool, asked, clock):
    for _ in range(5):
        _take(pool)
    assert len(asked) == 1
    clock[0] += pooled.ASK_AFTER_SECONDS
    _take(pool)
    assert len(asked) == 2


def test_one_that_the_server_closed_a_moment_ago_is_not_handed_out(pool, asked):
    first = _take(pool)
    with connection.cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [first])
    assert _take(pool) != first
    assert len(asked) == 3  # the new one at first, the closed one, and its successor


def test_other_statements_go_to_the_server(pool):
    taken = pool.getconn()
    try:
        assert list(taken.execute("SELECT %s::int", [7], prepare=False)) == [(7,)]
    finally:
        pool.putconn(taken)
