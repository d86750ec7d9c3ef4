"""Questions that nobody answered in time, and those that go to admins; imports models, the audit.

Each step is one conditional UPDATE: two that expire at once, or an answer that comes at the same
moment, change nothing twice.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.ending import deny
from tools_library.approvals.escalation import tell_admins
from tools_library.approvals.sentences import CALLER_SILENT, STAFF_SILENT, USER_SILENT
from tools_library.choices import FINAL_STATUSES
from tools_library.models import Approval
from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.services import audit

_AT_ONCE = 500
RUN_OVER = "The run had ended before anybody answered."


def sweep() -> tuple[int, int]:
    """Close what is past its time, escalate what is due; return how many of each."""
    now = timezone.now()
    open_rows = Approval.unscoped.filter(status=ApprovalStatus.PENDING)
    over = Q(expires_at__lte=now) | Q(execution__status__in=FINAL_STATUSES)
    late = open_rows.filter(over).select_related("execution__tool").order_by("id")
    closed = sum(close(approval) for approval in late[:_AT_ONCE])
    due = open_rows.filter(escalate_at__lte=now, escalated_at=None, policy=Policy.STAFF)
    return closed, sum(_escalate(approval, now) for approval in due.order_by("id")[:_AT_ONCE])


@transaction.atomic
def close(approval: Approval) -> bool:
    """End a question that is past its time, and the run that waited; False where it was over."""
    hold_order(approval.organization_id)
    closed = Approval.unscoped.filter(pk=approval.pk, status=ApprovalStatus.PENDING).update(
        status=ApprovalStatus.EXPIRED, decided_at=timezone.now()
    )
    if not closed:
        return False
    denied = deny(approval.execution, "expired", _told(approval), "Nobody answered in time.")
    if not denied:
        Approval.unscoped.filter(pk=approval.pk).update(reason=RUN_OVER)
    _record(approval, "expired")
    return True


@transaction.atomic
def _escalate(approval: Approval, now: datetime.datetime) -> bool:
    hold_order(approval.organization_id)
    rows = Approval.unscoped.filter(
        pk=approval.pk, status=ApprovalStatus.PENDING, escalate_at__lte=now, escalated_at=None
    )
    if not rows.update(escalated_at=now):
        return False  # or it was sent on a moment ago, and has more time
    approval.refresh_from_db(fields=["least_role"])  # whose yes counts, too
    tell_admins(approval)
    _record(approval, "escalated")
    return True


def _told(approval: Approval) -> str:
    if approval.policy == Policy.STAFF:
        return STAFF_SILENT
    return USER_SILENT if approval.trigger_context == "chat" else CALLER_SILENT


def _record(approval: Approval, what: str) -> None:
    audit.record(
        approval.organization_id,
        f"approval.{what}",
        by=None,
        kind="approval",
        object_id=approval.pk,
        name=approval.tool_name,
        data={"execution_id": str(approval.execution.execution_id)},
    )
