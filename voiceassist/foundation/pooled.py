"""The connections in PostgreSQL's pool, known to be alive without asking; imports psycopg."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from psycopg.rows import Row

ASK_AFTER_SECONDS = 1.0


class PooledConnection(psycopg.Connection[Row]):
    """A connection whose check asks the server at most once a second.

    The pool sends an empty statement on each connection that it hands out, and one run of a tool
    takes four. What the server closes, as at its restart, is seen without that: there is something
    to read. Only a server that went without a word must be asked.
    """

    _asked_at = float("-inf")

    def execute(self, query: Any, *args: Any, **options: Any) -> psycopg.Cursor[Row]:
        """Execute a statement; the empty one, which is the pool's check, only where it may fail."""
        if query == "":
            now = time.monotonic()
            if now - self._asked_at < ASK_AFTER_SECONDS and self._is_quiet():
                return self.cursor()
            self._asked_at = now
        return super().execute(query, *args, **options)

    def _is_quiet(self) -> bool:
        """Return whether the server has sent nothing, neither words nor the end."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return not poll.poll(0)
