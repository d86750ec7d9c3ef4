"""Limits on how often tools run, per tool, assistant and organization; imports models.

The rows are the record: a limit of N runs in S seconds looks at the time of the Nth newest run, so
it holds for any S seconds, and nothing is lost with a cache. Who asks holds a lock of that limit
until the new row is stored; two that ask at once cannot both have the last place.
"""

from __future__ import annotations

import math
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from tools_library.behaviour import RateLimit
from tools_library.engine.errors import ToolError
from tools_library.models import ToolExecution
from tools_library.services import locks

ADMITTED = Q(deadline_at__isnull=False, duplicate_of=None)
"""Rows that were let through to run; what was refused or repeated an earlier run was not."""


class RateLimited(ToolError):
    """It ran too often; the message says when it may again."""

    code = "rate_limited"


def check(limit: RateLimit, name: str, runs: QuerySet[ToolExecution], whose: str) -> None:
    """Let one more run through; inside the transaction that stores it.

    Args:
        name: of the limit's lock, such as `tool:5`.
        runs: what counts toward the limit.
        whose: for the sentence, such as `The tool lookup_order`.

    Raises:
        RateLimited: `limit.runs` ran within the last `limit.seconds`.
    """
    locks.hold(f"rate:{name}")
    newest = runs.filter(ADMITTED).order_by("-id").values_list("created_at", flat=True)
    oldest_that_counts = newest[limit.runs - 1 : limit.runs].first()
    if oldest_that_counts is None:
        return
    free_at = oldest_that_counts + timedelta(seconds=limit.seconds)
    left = (free_at - timezone.now()).total_seconds()
    if left > 0:
        seconds = math.ceil(left)
        raise RateLimited(
            f"{whose} may run at most {_times(limit.runs)} in {_seconds(limit.seconds)}. "
            f"Do not call it now; it can be tried again in {_seconds(seconds)}.",
            retry_after=left,
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _seconds(count: int) -> str:
    return "1 second" if count == 1 else f"{count:,} seconds"
