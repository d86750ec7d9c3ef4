"""Database work of async code, in a few threads that keep their connections; imports Django.

Not asgiref's one shared thread: there a slow query of any page would hold up everybody.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections, transaction

P = ParamSpec("P")
T = TypeVar("T")

_CLOSE_WITHIN_S = 60


class DatabaseThreads:
    """A few threads of one purpose; each keeps its connection, so that work costs no connecting.

    Args:
        threads: at most; they are started as they are needed.
        name: of the threads.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction in a thread and return what it returns."""
        return await self._in_thread(lambda: with_connection(work, *args, **kwargs))

    async def run_open(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for work that makes its own transactions."""
        return await self._in_thread(lambda: work(*args, **kwargs))

    def close_connections(self) -> None:
        """Close every thread's connection; before the database goes away, as at a test's end."""
        everyone = threading.Barrier(self._threads)

        def close() -> None:
            everyone.wait(_CLOSE_WITHIN_S)
            connections.close_all()

        for done in [self._executor.submit(close) for _ in range(self._threads)]:
            done.result(_CLOSE_WITHIN_S)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def with_connection(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in one transaction; a connection that the server has dropped is renewed once."""
    try:
        with transaction.atomic():
            return work(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connection.close()
        with transaction.atomic():
            return work(*args, **kwargs)
