"""Runs that nobody works on any more: handed over again, or ended; imports models and jobs."""

from __future__ import annotations

import datetime
import logging

from django.utils import timezone

from tools_library.choices import ExecutionStatus
from tools_library.engine.engine import failed
from tools_library.engine.errors import ToolTimeout
from tools_library.models import ToolExecution
from tools_library.services.execution import GRACE_SECONDS, PERFORM, finish
from voiceassist.foundation.jobs import enqueue

log = logging.getLogger(__name__)

QUEUED_SECONDS = 5.0
"""How long a run may be queued before its job counts as lost with the broker."""

_AT_ONCE = 500


def sweep() -> tuple[int, int]:
    """Hand over queued runs whose job was lost, end runs past their deadline; return how many.

    Both are safe to repeat: a run is claimed once and ends once.
    """
    now = timezone.now()
    late = now - datetime.timedelta(seconds=GRACE_SECONDS)
    open_runs = ToolExecution.unscoped.filter(
        status__in=(ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)
    )
    ended = 0
    for execution in open_runs.filter(deadline_at__lt=late).select_related("tool")[:_AT_ONCE]:
        error = ToolTimeout("The tool did not answer in time.", detail="Nobody reported its end.")
        ended += finish(execution, failed(error), still=(execution.status,))
    lost = open_runs.filter(
        status=ExecutionStatus.QUEUED,
        created_at__lt=now - datetime.timedelta(seconds=QUEUED_SECONDS),
        deadline_at__gt=now,
    ).values_list("execution_id", flat=True)
    again = [str(execution_id) for execution_id in lost[:_AT_ONCE]]
    for execution_id in again:
        enqueue(PERFORM, execution_id)
    if again or ended:
        log.warning("swept tool runs: %d handed over again, %d ended", len(again), ended)
    return len(again), ended
