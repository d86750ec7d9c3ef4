"""The few threads in which webhooks and media sockets use the database.

Not asgiref's one shared thread: there a slow query of any page would hold every call's opening.
The threads keep their connections, so that opening a call costs no connecting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
_executor = ThreadPoolExecutor(THREADS, thread_name_prefix="calls-db")


async def in_pool(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a database thread and return what it returns."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor, lambda: with_connection(work, *args, **kwargs))


def with_connection(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in one transaction; a connection that the server has dropped is renewed once."""
    try:
        with transaction.atomic():
            return work(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connection.close()
        with transaction.atomic():
            return work(*args, **kwargs)
