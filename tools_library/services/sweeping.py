"""Runs that nobody works on any more: handed over again, or ended; imports models and jobs.

Any number of sweepers may work at once: each change is made under a lock of its row, or is one
conditional UPDATE.
"""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tools_library.choices import FINAL_STATUSES, ExecutionStatus, SideEffect
from tools_library.engine.engine import failed
from tools_library.engine.errors import ToolTimeout
from tools_library.models import ToolExecution
from tools_library.services import queues, reporting
from tools_library.services.execution import GRACE_SECONDS
from tools_library.services.finishing import CHANGES_THINGS, end_followers, finish
from voiceassist.foundation.events import hold_order

log = logging.getLogger(__name__)

QUEUED_SECONDS = 5.0
"""How long a run may be queued before its job counts as lost with the broker."""

LEAST_TIME_LEFT = datetime.timedelta(seconds=1)
"""What a run of a dead worker must still have to be tried again."""

_AT_ONCE = 500
_REPEATABLE = (SideEffect.READ, SideEffect.IDEMPOTENT)


@dataclass(frozen=True)
class Swept:
    """How many runs were handed over again, taken from dead workers, ended."""

    again: int
    taken: int
    ended: int


def sweep() -> Swept:
    """Look after all open runs once.

    Queued runs whose job was lost are handed over again: a run is taken up once. Running ones
    whose worker died are tried again where that changes nothing and time is left; those past their
    deadline end. Equal calls that wait for a run that has ended get its outcome.
    """
    ended = _end_overdue()
    taken = _take_from_the_dead()
    again = _hand_over_lost()
    _end_forgotten_followers()
    if again or taken or ended:
        log.warning(
            "swept tool runs: %d handed over again, %d taken from dead workers, %d ended",
            again, taken, ended,
        )  # fmt: skip
    return Swept(again, taken, ended)


def _end_overdue() -> int:
    late = timezone.now() - datetime.timedelta(seconds=GRACE_SECONDS)
    overdue = _open_runs().filter(deadline_at__lt=late).select_related("tool", "definition")
    return sum(
        finish(row, failed(_overdue(row)), still=(row.status,)) for row in overdue[:_AT_ONCE]
    )


def _overdue(row: ToolExecution) -> ToolTimeout:
    if row.status == ExecutionStatus.QUEUED:
        return ToolTimeout("The tool was not started in time.", detail="No worker took it up.")
    if row.side_effect in CHANGES_THINGS and row.began:
        return ToolTimeout(
            "The tool did not report back in time. Nobody knows whether it took effect: do not "
            "call it again, tell the person that somebody must look.",
            detail="Nobody reported its end; its worker may have died.",
        )
    return ToolTimeout("The tool did not answer in time.", detail="Nobody reported its end.")


def _take_from_the_dead() -> int:
    now = timezone.now()
    dead = ToolExecution.unscoped.filter(
        status=ExecutionStatus.RUNNING,
        lease_until__lt=now,
        deadline_at__gt=now + LEAST_TIME_LEFT,
        side_effect__in=_REPEATABLE,
        is_async=False,
    )
    found = list(dead.values_list("pk", "organization_id")[:_AT_ONCE])
    return sum(_queue_again(dead, pk, organization_id) for pk, organization_id in found)


@transaction.atomic
def _queue_again(dead: QuerySet[ToolExecution], pk: int, organization_id: int) -> bool:
    hold_order(organization_id)
    row = dead.filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        return False
    row.status, row.queued_at = ExecutionStatus.QUEUED, timezone.now()
    reporting.advance(row, ("status", "queued_at"), still=(ExecutionStatus.RUNNING,))
    queues.hand_over(row)
    return True


@transaction.atomic
def _hand_over_lost() -> int:
    now = timezone.now()
    lost = ToolExecution.unscoped.filter(
        status=ExecutionStatus.QUEUED,
        queued_at__lt=now - datetime.timedelta(seconds=QUEUED_SECONDS),
        deadline_at__gt=now,
    ).order_by("queued_at")
    rows = list(lost.select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE])
    ToolExecution.unscoped.filter(pk__in=[row.pk for row in rows]).update(queued_at=now)
    for row in rows:
        queues.hand_over(row)
    return len(rows)


def _end_forgotten_followers() -> None:
    """End equal calls whose first run's process died between that run's end and theirs."""
    waiting = ToolExecution.unscoped.filter(
        status=ExecutionStatus.RUNNING, duplicate_of__status__in=FINAL_STATUSES
    )
    for row in waiting.select_related("duplicate_of")[:_AT_ONCE]:
        if row.duplicate_of is not None:
            end_followers(row.duplicate_of)


def _open_runs() -> QuerySet[ToolExecution]:
    return ToolExecution.unscoped.filter(
        status__in=(ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)
    )
