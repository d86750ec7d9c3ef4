"""Old events go; imports Django's querysets only."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

BATCH = 1_000


def prune(events: QuerySet[Any], before: datetime, until: float) -> int:
    """Delete events of before a moment, oldest first, in batches; return how many.

    Events are numbered as they happen, so the oldest ones are found without an index of times.

    Args:
        events: all rows of a table of events, which have `at`.
        until: `time.monotonic()` at which to stop; the rest is for the next time.
    """
    total = 0
    while time.monotonic() < until:
        oldest = events.order_by("pk").values_list("pk", "at")[:BATCH]
        old = [pk for pk, at in oldest if at < before]
        if not old:
            break
        total += events.filter(pk__in=old)._raw_delete(events.db)
    return total
