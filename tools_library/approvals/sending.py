"""Sending staff's question to a role or a person, who find it in their inbox; imports the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from tools_library.approvals import escalation, expiry, whose
from tools_library.approvals.answering import too_late
from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.people import may, name_of
from tools_library.behaviour import ESCALATE_S
from tools_library.models import Approval
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Membership, Role
from voiceassist.organizations.roles import at_least, can
from voiceassist.organizations.services import audit


def send(
    approval: Approval, to: str, *, by: Actor | None, escalate_after_s: int | None = None
) -> Approval:
    """Ask somebody else of staff; from then on their yes counts, or an admin's.

    Args:
        to: a role, whose holders and those above are asked, or the e-mail address of a member.
        escalate_after_s: it goes to admins after this; None: as it would have.

    Raises:
        InvalidInput: staff are not asked, or a yes of those would not count.
        PermissionDenied: whoever sends it is not of staff.
        AlreadyAnswered: the question is over.
    """
    if not may(by, approval.organization_id, whose.ANSWER):
        raise PermissionDenied("Sending this on needs the role operator or above.")
    role, member = _meant(approval, to.strip())
    after = escalate_after_s
    if after is not None and not ESCALATE_S[0] <= after <= ESCALATE_S[1]:
        span = f"{ESCALATE_S[0]} to {ESCALATE_S[1]:,}"
        raise InvalidInput({"escalate_after_s": f"Write {span} seconds."})
    now = timezone.now()
    changed: dict[str, Any] = {"least_role": role, "sent_to_id": member.user_id if member else None}
    if after is not None:
        changed |= {"escalate_at": now + timedelta(seconds=after), "escalated_at": None}
    if approval.status == ApprovalStatus.PENDING and approval.expires_at <= now:
        expiry.close(approval)
    with transaction.atomic():
        hold_order(approval.organization_id)
        rows = Approval.objects.of(approval.organization_id).filter(
            pk=approval.pk, status=ApprovalStatus.PENDING
        )
        if not rows.update(**changed):
            raise too_late(approval)
        found: Approval = rows.select_related("execution", "sent_to").get()
        escalation.tell_asked(found, sender=name_of(by))
        _record(found, to.strip(), by)
    return found


def _meant(approval: Approval, to: str) -> tuple[str, Membership | None]:
    """Return the least role whose yes counts from now on, and the one person it is sent to.

    Raises:
        InvalidInput: see `send`.
    """
    if approval.policy != Policy.STAFF:
        raise InvalidInput({"to": "The caller or user is asked this; only they can say yes."})
    least = Role(approval.least_role)
    if to in Role.values:
        if not can(to, whose.ANSWER) or not at_least(to, least):
            raise InvalidInput({"to": f"This needs the role {least.value} or above."})
        return to, None
    members = Membership.objects.of(approval.organization_id).filter(user__is_active=True)
    member: Membership | None = (
        members.select_related("user").filter(user__email__iexact=to).first()
    )
    if member is None:
        known = ", ".join(role.value for role in Role if can(role, whose.ANSWER))
        raise InvalidInput({"to": f"Write a member's e-mail address, or a role: {known}."})
    if not at_least(member.role, least):
        raise InvalidInput(
            {"to": f"{to} may not say yes: it needs the role {least.value} or above."}
        )
    if approval.four_eyes and member.user_id == approval.asked_by_id:
        raise InvalidInput({"to": f"{to} asked for this; somebody else must say yes to it."})
    return least, member


def _record(approval: Approval, to: str, by: Actor | None) -> None:
    audit.record(
        approval.organization_id,
        "approval.sent",
        by=by,
        kind="approval",
        object_id=approval.pk,
        name=approval.tool_name,
        data={"execution_id": str(approval.execution.execution_id), "to": to},
    )
