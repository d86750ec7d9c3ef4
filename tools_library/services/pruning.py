"""Old runs and events go, the tools' counters keep their totals; imports models and events."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from tools_library.choices import FINAL_STATUSES
from tools_library.models import ToolExecution
from tools_library.services import callbacks
from voiceassist.foundation.events import pruning
from voiceassist.foundation.models import Event

log = logging.getLogger(__name__)

BATCH = 500
_SECONDS = 60.0
"""How long one pass may take; the next one goes on."""


def prune() -> tuple[int, int]:
    """Delete runs and events of more than LOGS_KEPT_DAYS ago, in batches; return how many of each.

    0 days keeps everything. Runs that are not in their tool's counter yet stay until they are.
    What was kept for the reports of async runs goes as soon as those have ended.
    """
    callbacks.forget_sent()
    days = settings.LOGS_KEPT_DAYS
    if not days:
        return 0, 0
    before, until = timezone.now() - timedelta(days=days), time.monotonic() + _SECONDS
    runs, events = _prune_runs(before, until), pruning.prune(Event.objects.all(), before, until)
    if runs or events:
        log.info("deleted %d tool runs and %d events of %d days ago", runs, events, days)
    return runs, events


def _prune_runs(before: datetime, until: float) -> int:
    total = 0
    while batch := list(_old(before).values_list("pk", flat=True)[:BATCH]):
        ToolExecution.unscoped.filter(pk__in=batch).delete()
        total += len(batch)
        if time.monotonic() > until:
            break
    return total


def _old(before: datetime) -> QuerySet[ToolExecution]:
    """Return what may go, oldest first; the index `execution_prune` holds nothing else."""
    return ToolExecution.unscoped.filter(
        completed_at__lt=before, status__in=FINAL_STATUSES, uncounted=False
    ).order_by("completed_at")
