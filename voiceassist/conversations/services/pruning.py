"""Old events of conversations go; what was said and done stays. Imports models."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from voiceassist.conversations.models import RunEvent
from voiceassist.foundation.events import pruning

log = logging.getLogger(__name__)

_SECONDS = 60.0
"""How long one pass may take; the next one goes on."""


def prune() -> int:
    """Delete events of more than LOGS_KEPT_DAYS ago, in batches; return how many.

    0 days keeps everything. Whoever opens a conversation reads its messages and calls, then follows
    the events after them: it needs no old ones.
    """
    days = settings.LOGS_KEPT_DAYS
    if not days:
        return 0
    before, until = timezone.now() - timedelta(days=days), time.monotonic() + _SECONDS
    count = pruning.prune(RunEvent.unscoped.all(), before, until)
    if count:
        log.info("deleted %d events of conversations of %d days ago", count, days)
    return count
