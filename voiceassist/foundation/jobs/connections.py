"""Giving database connections back while a job waits for the outside; imports Django."""

from django.db import connections


def give_back_connections() -> None:
    """Close this thread's database connections; the next query opens one anew.

    A hundred slow jobs would else hold a hundred connections, which is all that PostgreSQL has.
    Inside a transaction nothing is closed.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
