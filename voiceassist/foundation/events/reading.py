"""Reading stored events back, on one thread of its own; imports the Event model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Max

from voiceassist.foundation.events.emit import to_frame
from voiceassist.foundation.models import Event

PAGE = 200

T = TypeVar("T")


class Position(NamedTuple):
    """A topic of an organization and the last `seq` already known of it."""

    organization_id: int
    topic: str
    after: int


class EventReader:
    """Reads for the hub without touching the thread that Django's own async views share.

    The thread keeps its connection while somebody watches; `release` gives it back.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-reader")

    async def pages(self, positions: Sequence[Position]) -> list[list[dict[str, Any]]]:
        """Return, for each position, up to `PAGE` frames after it, oldest first.

        Raises:
            django.db.Error: the database cannot be reached.
        """
        return await self._run(lambda: [_page(position) for position in positions])

    async def newest(self, organization_id: int, topic: str) -> int:
        """Return the `seq` of the topic's newest event, 0 where there is none."""
        return await self._run(lambda: _newest(organization_id, topic))

    async def release(self) -> None:
        """Close the thread's connection; the next read opens one again."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _close)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _retried, work)


def _retried(work: Callable[[], T]) -> T:
    # A connection that sat idle may have been cut; a second attempt opens a new one.
    try:
        return work()
    except DatabaseError:
        connection.close()
        return work()


def _close() -> None:
    # `connection` means the one of the thread that says it, hence not `connection.close` above.
    connection.close()


def _page(position: Position) -> list[dict[str, Any]]:
    events = Event.objects.filter(
        organization_id=position.organization_id, topic=position.topic, id__gt=position.after
    )
    return [to_frame(event) for event in events.order_by("id")[:PAGE]]


def _newest(organization_id: int, topic: str) -> int:
    rows = Event.objects.filter(organization_id=organization_id, topic=topic)
    return rows.aggregate(newest=Max("id"))["newest"] or 0
