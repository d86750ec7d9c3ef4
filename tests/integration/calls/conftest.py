"""Webhooks use threads with connections of their own: tests commit, and close those at the end."""

import threading

import pytest
from django.db import connections

from calls.services import pool


@pytest.fixture
def calls_db(transactional_db):
    """A database that the calls' threads share with the test."""
    yield
    everyone = threading.Barrier(pool.THREADS)

    def close():
        everyone.wait(10)
        connections.close_all()

    for done in [pool._executor.submit(close) for _ in range(pool.THREADS)]:
        done.result(10)
