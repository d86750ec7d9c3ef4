"""Mails to staff about questions that are theirs; imports members and the mail service."""

from __future__ import annotations

from django.db.models import QuerySet

from tools_library.models import Approval
from voiceassist.foundation import mail
from voiceassist.foundation.providers.twilio import public_url
from voiceassist.organizations.models import Membership, Role
from voiceassist.organizations.roles import at_least, from_role

_TEXT = """{why}

May the tool {tool} run?

Read what it would do, and answer, at {address}
It waits until {until:%H:%M} UTC.
"""


def tell_admins(approval: Approval) -> int:
    """Post one mail to each admin and owner whose yes counts; return how many.

    Telling twice sends one mail.
    """
    least = approval.least_role if at_least(approval.least_role, Role.ADMIN) else Role.ADMIN
    why = "Nobody has answered this question yet:"
    return _post(approval, _members(approval, least), why, "approval")


def tell_asked(approval: Approval, *, sender: str) -> int:
    """Post one mail to each person whom a question was sent to; return how many.

    Args:
        sender: the name of whoever sent it.
    """
    members = _members(approval, approval.least_role)
    if approval.sent_to_id is not None:
        members = members.filter(user_id=approval.sent_to_id)
    return _post(approval, members, f"{sender} sends you this question:", "approval-sent")


def _members(approval: Approval, least: str) -> QuerySet[Membership]:
    rows: QuerySet[Membership] = Membership.objects.of(approval.organization_id).filter(
        user__is_active=True, role__in=from_role(least)
    )
    if approval.four_eyes and approval.asked_by_id is not None:
        rows = rows.exclude(user_id=approval.asked_by_id)
    return rows.select_related("user")


def _post(approval: Approval, members: QuerySet[Membership], why: str, key: str) -> int:
    text = _TEXT.format(
        why=why,
        tool=approval.tool_name,
        address=public_url(f"/admin/tools_library/approval/{approval.pk}/change/"),
        until=approval.expires_at,
    )
    for member in members:
        draft = mail.Draft(member.user.email, "A tool waits for an answer", text)
        mail.post(approval.organization_id, draft, key=f"{key}:{approval.pk}:{member.user_id}")
    return len(members)
