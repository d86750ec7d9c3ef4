"""Old events go; imports the Event model."""

from __future__ import annotations

import time
from datetime import datetime

from voiceassist.foundation.models import Event

BATCH = 1_000


def prune(before: datetime, until: float) -> int:
    """Delete events of before a moment, oldest first, in batches; return how many.

    Events are numbered as they happen, so the oldest ones are found without an index of times.

    Args:
        until: `time.monotonic()` at which to stop; the rest is for the next time.
    """
    total = 0
    while time.monotonic() < until:
        oldest = Event.objects.order_by("pk").values_list("pk", "at")[:BATCH]
        old = [pk for pk, at in oldest if at < before]
        if not old:
            break
        total += Event.objects.filter(pk__in=old)._raw_delete(Event.objects.db)
    return total
