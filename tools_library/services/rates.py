"""Limits on how often tools run, per tool, assistant and organization; imports models.

The rows are the record: a limit of N runs in S seconds looks at the time of the Nth newest run, so
it holds for any S seconds, and nothing is lost with a cache. What somebody had to say yes to counts
from the yes. Who asks holds a lock of that limit until the new row is stored; two that ask at once
cannot both have the last place.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from tools_library.approvals.choices import ApprovalStatus
from tools_library.behaviour import RateLimit
from tools_library.engine.errors import ToolError
from tools_library.models import ToolExecution
from tools_library.services import locks

ADMITTED = Q(deadline_at__isnull=False, duplicate_of=None)
"""Rows that were let through to run; what was refused or repeated an earlier run was not."""


class RateLimited(ToolError):
    """It ran too often; the message says when it may again.

    Args:
        rule: what holds, for whoever is not the model.
        advice: what the model should do.
        retry_after: seconds; None: not in this conversation.
    """

    code = "rate_limited"

    def __init__(self, rule: str, advice: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{rule} {advice}", retry_after=retry_after)
        self.rule = rule


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
    now, stretch = timezone.now(), timedelta(seconds=limit.seconds)
    late = [at for at in _late_yeses(runs, now - stretch)[: limit.runs] if at is not None]
    counting, others = late[-1:], limit.runs - len(late)
    if others:
        newest = runs.filter(ADMITTED).order_by("-id").values_list("created_at", flat=True)
        last_place = newest[others - 1 : others].first()
        if last_place is None or last_place <= now - stretch:
            return
        counting.append(last_place)
    left = (min(counting) + stretch - now).total_seconds()
    often, within = times_in_words(limit.runs), seconds_in_words(limit.seconds)
    raise RateLimited(
        f"{whose} may run at most {often} in {within}.",
        f"Do not call it now; it can be tried again in {seconds_in_words(left)}.",
        retry_after=left,
    )


def seconds_in_words(seconds: float) -> str:
    """Return whole seconds, such as `1 second` or `1,200 seconds`."""
    count = math.ceil(seconds)
    return "1 second" if count == 1 else f"{count:,} seconds"


def _late_yeses(
    runs: QuerySet[ToolExecution], since: datetime
) -> QuerySet[ToolExecution, datetime | None]:
    """Return when runs that were asked for before a moment were approved after it, newest first."""
    asked_before = runs.filter(ADMITTED, created_at__lte=since)
    approved = asked_before.filter(
        approval__status=ApprovalStatus.APPROVED, approval__decided_at__gt=since
    )
    return approved.order_by("-approval__decided_at").values_list("approval__decided_at", flat=True)


def times_in_words(count: int) -> str:
    """Return how often, such as `once` or `1,200 times`."""
    return "once" if count == 1 else f"{count:,} times"
