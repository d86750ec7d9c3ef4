"""Conversations whose process died: their steps taken over, their calls brought on."""

from __future__ import annotations

import datetime

from django.db.models import Q
from django.utils import timezone

from tools_library.choices import FINAL_STATUSES
from voiceassist.conversations.choices import OPEN_PROPOSALS, Phase, ProposalStatus, RunStatus
from voiceassist.conversations.models import AgentRun, ToolProposal
from voiceassist.conversations.services import due, settling

FORGOTTEN = datetime.timedelta(seconds=5)
_AT_ONCE = 500


def sweep() -> int:
    """Look after all open runs once; return how many needed it.

    Steps without a living process are driven here; calls whose run has ended, or was never
    written down, are brought on.
    """
    forgotten = timezone.now() - FORGOTTEN
    steps = AgentRun.unscoped.filter(status=RunStatus.RUNNING, phase=Phase.MODEL)
    dead = Q(lease_until__lt=timezone.now()) | Q(claimed_by="", touched_at__lt=forgotten)
    runs = list(steps.filter(dead).values_list("pk", flat=True)[:_AT_ONCE])
    for run in runs:
        due.announce(run)
    calls = ToolProposal.unscoped.filter(
        status__in=OPEN_PROPOSALS, run__phase=Phase.TOOLS, run__touched_at__lt=forgotten
    ).filter(
        Q(status=ProposalStatus.PROPOSED) | Q(execution__status__in=FINAL_STATUSES)
        | Q(status=ProposalStatus.PENDING_APPROVAL, execution__status="running")
    )  # fmt: skip
    stuck = set(calls.values_list("conversation_id", flat=True)[:_AT_ONCE])
    done = AgentRun.unscoped.filter(
        status__in=(RunStatus.RUNNING, *_PAUSED), phase=Phase.TOOLS, touched_at__lt=forgotten
    ).exclude(proposals__status__in=OPEN_PROPOSALS)
    stuck |= set(done.values_list("conversation_id", flat=True)[:_AT_ONCE])
    for conversation_id in stuck:
        settling.settle(conversation_id)
    return len(runs) + len(stuck)


_PAUSED = (RunStatus.AWAITING_FRONTEND_TOOL, RunStatus.AWAITING_APPROVAL)
