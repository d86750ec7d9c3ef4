"""The caller's yes: the run that waited goes on, once; imports models and the audit."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from tools_library.approvals.choices import ApprovalStatus
from tools_library.approvals.ending import set_going
from tools_library.approvals.errors import NotConfirmed
from tools_library.approvals.gate import Confirmed
from tools_library.approvals.sentences import NOT_YET
from tools_library.choices import ExecutionStatus
from tools_library.models import Approval, ToolExecution
from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.services import audit

CALLER = "The caller"


@transaction.atomic
def confirm(confirmed: Confirmed, again: ToolExecution) -> ToolExecution:
    """Queue the run that waited for the caller; return its row.

    Args:
        again: the row of the call that follows the yes, which is not stored: the waiting row
            takes over its `tool_call_id` and `reply_to`.

    Raises:
        NotConfirmed: the question was answered or over a moment before.
    """
    approval, now = confirmed.approval, timezone.now()
    hold_order(approval.organization_id)
    won = Approval.objects.of(approval.organization_id).filter(
        pk=approval.pk,
        status=ApprovalStatus.PENDING,
        execution__status=ExecutionStatus.AWAITING_APPROVAL,
    ).update(
        status=ApprovalStatus.APPROVED,
        heard_at=confirmed.said.heard_at,
        decided_at=now,
        decided_by_name=CALLER,
    )  # fmt: skip
    row = approval.execution
    row.tool_call_id = again.tool_call_id or row.tool_call_id
    row.reply_to = again.reply_to
    if not won or not set_going(row, now):
        raise NotConfirmed(NOT_YET.format(name=row.tool_name))
    audit.record(
        approval.organization_id,
        "approval.approved",
        by=None,
        kind="approval",
        object_id=approval.pk,
        name=approval.tool_name,
        data={
            "decided_by": CALLER,
            "execution_id": str(row.execution_id),
            "heard_at": confirmed.said.heard_at,
            "turn_at": confirmed.said.turn_at,
        },
    )
    return row
