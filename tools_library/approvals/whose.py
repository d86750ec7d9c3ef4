"""Whose answer to a question counts, and in whose inbox it is; imports models and people."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone

from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.people import answerable, may, role_in
from tools_library.models import Approval
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Role, User
from voiceassist.organizations.roles import at_least, can, up_to_role

ANSWER = "approvals.answer"


def check(approval: Approval, by: Actor | None, *, says_yes: bool) -> None:
    """Let only those answer who are asked; a no needs no more than to be of staff.

    Raises:
        PermissionDenied: says who is asked.
    """
    if not says_yes and may(by, approval.organization_id, ANSWER):
        return
    if refusal := why_not(approval, by):
        raise PermissionDenied(refusal)


def why_not(approval: Approval, by: Actor | None) -> str:
    """Return why a yes of this person or program would not count; empty where it would."""
    if approval.policy == Policy.STAFF:
        return _staffs_why_not(approval, by)
    if approval.trigger_context not in ("chat", "sms"):
        return "Only the caller can say yes to this, on the phone."
    theirs = _is_the_user(approval, by)
    return "" if theirs else "Only the user of this conversation can say yes to this."


def inbox(organization_id: int, by: Actor | None) -> Q:
    """Return which questions wait for this person or program: open, and a yes of theirs counts.

    One that was sent to somebody is in the inboxes of admins only once it was escalated.
    """
    person, role = answerable(by), role_in(by, organization_id)
    own = person.pk if person is not None else None
    mine = Q(policy=Policy.CONFIRM, trigger_context="chat", execution__user_id=own)
    waits = mine if isinstance(by, User) else Q(pk__in=())
    if role is not None and can(role, ANSWER):
        staffs = Q(policy=Policy.STAFF, least_role__in=up_to_role(role))
        sent_to = Q(sent_to=None) | Q(sent_to_id=own, sent_to__isnull=False)
        if at_least(role, Role.ADMIN):
            sent_to |= Q(escalated_at__isnull=False)
        refused = Q(four_eyes=True)
        if own is not None:
            refused &= Q(asked_by_id=own, asked_by__isnull=False)
        waits |= staffs & sent_to & ~refused
    return Q(status=ApprovalStatus.PENDING, expires_at__gt=timezone.now()) & waits


def _staffs_why_not(approval: Approval, by: Actor | None) -> str:
    least, role = Role(approval.least_role), role_in(by, approval.organization_id)
    if role is None or not at_least(role, least):
        return f"Staff answer this: it needs the role {least.label.lower()} or above."
    person = answerable(by)
    if approval.four_eyes and person is None:
        return (
            "Nobody is known to have made this key, and two different people must agree to this. "
            "Answer it signed in, or by a key of your own."
        )
    if approval.four_eyes and person is not None and person.pk == approval.asked_by_id:
        return "You asked for this yourself; somebody else must say yes to it."
    theirs = person is not None and person.pk == approval.sent_to_id
    if approval.sent_to is not None and not theirs and not at_least(role, Role.ADMIN):
        return f"This was sent to {approval.sent_to.email}: they or an admin say yes to it."
    return ""


def _is_the_user(approval: Approval, by: Actor | None) -> bool:
    source = (approval.source_kind, approval.source_id)
    if getattr(by, "answers_for", None) == source:
        return True  # whose conversation it is, the room of conversations has checked
    asked_for = approval.execution.user_id
    return isinstance(by, User) and asked_for is not None and by.pk == asked_for
