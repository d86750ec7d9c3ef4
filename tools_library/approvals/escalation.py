"""Mails to admins about a question that staff left open; imports members and the mail service."""

from __future__ import annotations

from tools_library.models import Approval
from voiceassist.foundation import mail
from voiceassist.foundation.providers.twilio import public_url
from voiceassist.organizations.models import Membership, Role
from voiceassist.organizations.roles import at_least

_TEXT = """Nobody has answered this question yet:

May the tool {tool} run?

Read what it would do, and answer, at {address}
It waits until {until:%H:%M} UTC.
"""


def tell_admins(approval: Approval) -> int:
    """Post one mail to each admin and owner; return how many. Telling twice sends one mail."""
    text = _TEXT.format(
        tool=approval.tool_name,
        address=public_url(f"/admin/tools_library/approval/{approval.pk}/change/"),
        until=approval.expires_at,
    )
    told = 0
    members = Membership.objects.of(approval.organization_id).filter(user__is_active=True)
    for member in members.select_related("user"):
        if at_least(member.role, Role.ADMIN):
            draft = mail.Draft(member.user.email, "A tool waits for an answer", text)
            key = f"approval:{approval.pk}:{member.user_id}"
            mail.post(approval.organization_id, draft, key=key)
            told += 1
    return told
