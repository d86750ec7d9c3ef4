"""A yes that holds for later runs: giving, finding, revoking; imports models and the audit."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tools_library.approvals.choices import Policy, Remember
from tools_library.approvals.hashing import arguments_hash
from tools_library.approvals.people import name_of
from tools_library.models import Approval, ApprovalGrant
from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.current import Actor, person_of
from voiceassist.organizations.models import Role
from voiceassist.organizations.roles import from_role
from voiceassist.organizations.services import audit

CHANGED = "The tool's arguments have another schema now."
_TOUCH_SECONDS = 60


@dataclass(frozen=True)
class Wanted:
    """What a yes is looked for."""

    organization_id: int
    tool_id: int
    policy: str
    schema_hash: str
    arguments_hash: str
    source_kind: str
    source_id: str
    user_id: int | None
    longest: str = Remember.ALWAYS
    least_role: str = Role.OPERATOR


def give(approval: Approval, by: Actor | None, *, exact: bool) -> ApprovalGrant | None:
    """Keep a yes for later, as the answer wanted; None where it was for once or the tool is gone.

    Staff's holds for everybody, a user's for their own conversations.

    Args:
        exact: for these arguments only.
    """
    if approval.remember == Remember.ONCE or approval.tool_id is None:
        return None
    conversation = approval.remember == Remember.CONVERSATION
    ran = approval.arguments if approval.edited_arguments is None else approval.edited_arguments
    grant = ApprovalGrant(
        organization_id=approval.organization_id,
        tool_id=approval.tool_id,
        tool_name=approval.tool_name,
        policy=approval.policy,
        scope=approval.remember,
        source_kind=approval.source_kind if conversation else "",
        source_id=approval.source_id if conversation else "",
        user=person_of(by) if approval.policy == Policy.CONFIRM else None,
        least_role=approval.least_role,
        schema_hash=approval.schema_hash,
        arguments=ran if exact else None,
        arguments_hash=arguments_hash(ran) if exact else "",
        approval=approval,
        created_by=person_of(by),
        created_by_name=name_of(by),
    )
    grant.save(force_insert=True)
    _record(grant, "created", by)
    return grant


def covering(wanted: Wanted) -> ApprovalGrant | None:
    """Return a grant that says yes to a run, if there is one; it notes its last use.

    Grants of another schema end here.
    """
    rows = ApprovalGrant.objects.of(wanted.organization_id).filter(
        tool_id=wanted.tool_id, policy=wanted.policy, revoked_at__isnull=True
    )
    source = Q(source_kind=wanted.source_kind, source_id=wanted.source_id) & ~Q(source_id="")
    mine = Q(user__isnull=True) | Q(user_id=wanted.user_id, user__isnull=False)
    fitting = rows.filter(
        mine,
        Q(scope=Remember.ALWAYS) | source,
        scope__in=within(wanted.longest),
        least_role__in=from_role(wanted.least_role),  # a tool that asks higher now asks anew
    )
    grant: ApprovalGrant
    for grant in fitting.filter(arguments_hash__in=("", wanted.arguments_hash)):
        if grant.schema_hash == wanted.schema_hash:
            _touch(grant)
            return grant
        end(grant, by=None, why=CHANGED)
    return None


def within(longest: str) -> tuple[str, ...]:
    """Return for how long a remembered yes may have been meant where so long is allowed."""
    order = (Remember.ONCE, Remember.CONVERSATION, Remember.ALWAYS)
    return order[: order.index(Remember(longest)) + 1]


def end_outdated(organization_id: int, tool_id: int, schema_hash: str) -> int:
    """End the grants of a tool that were given for another schema; return how many."""
    rows = ApprovalGrant.objects.of(organization_id).filter(tool_id=tool_id, revoked_at=None)
    return sum(end(grant, by=None, why=CHANGED) for grant in rows.exclude(schema_hash=schema_hash))


def revoke(grant: ApprovalGrant, by: Actor | None) -> bool:
    """Take a yes back; return False where it had ended already."""
    return end(grant, by=by, why=f"Revoked by {name_of(by) or 'the platform'}.")


def end(grant: ApprovalGrant, *, by: Actor | None, why: str) -> bool:
    """End a grant, once; return whether it was still valid."""
    with transaction.atomic():
        hold_order(grant.organization_id)
        open_rows = ApprovalGrant.unscoped.filter(pk=grant.pk, revoked_at=None)
        ended = open_rows.update(
            revoked_at=timezone.now(), revoked_by=person_of(by), end_reason=why[:200]
        )
        if ended:
            _record(grant, "revoked" if by is not None else "ended", by)
    return bool(ended)


def _touch(grant: ApprovalGrant) -> None:
    now = timezone.now()
    if grant.last_used_at is None or (now - grant.last_used_at).total_seconds() > _TOUCH_SECONDS:
        hold_order(grant.organization_id)  # as whoever ends it does before they lock the row
        ApprovalGrant.unscoped.filter(pk=grant.pk).update(last_used_at=now)


def _record(grant: ApprovalGrant, what: str, by: Actor | None) -> None:
    audit.record(
        grant.organization_id,
        f"grant.{what}",
        by=by,
        kind="grant",
        object_id=grant.pk,
        name=grant.tool_name,
        data={
            "scope": grant.scope,
            "policy": grant.policy,
            "exact": bool(grant.arguments_hash),
            "approval": grant.approval_id,
        },
    )
