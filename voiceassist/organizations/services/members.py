"""Who belongs to an organization; imports only the models and the roles table."""

from __future__ import annotations

from django.db import transaction

from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Membership, Organization, Role, User
from voiceassist.organizations.roles import at_least, can
from voiceassist.organizations.services import audit, users

LEAST_STAFF_ROLE = Role.OPERATOR
"""From this role on a member may open the admin, where approvals are answered."""


@transaction.atomic
def add(
    organization: Organization,
    email: str,
    role: str = Role.VIEWER,
    *,
    name: str = "",
    by_role: str | None = Role.OWNER,
    by: Actor | None = None,
) -> Membership:
    """Add a person by e-mail; whoever has no account gets one without a password.

    Args:
        by_role: role of who adds; only an owner names owners.
        by: who adds, for the audit.

    Raises:
        InvalidInput: bad e-mail or role, already a member, or not allowed to name owners.
    """
    _check_role(role, by_role)
    hold_order(organization.pk)
    user = users.find_or_create(email, name=name)
    if Membership.objects.of(organization).filter(user=user).exists():
        raise InvalidInput({"email": f"{user.email} is a member already; change the role instead."})
    membership = Membership(organization=organization, user=user, role=role)
    membership.save()
    refresh_staff(user)
    _record("added", membership, by, role=role)
    return membership


@transaction.atomic
def change_role(
    membership: Membership,
    role: str,
    *,
    by_role: str | None = Role.OWNER,
    by: Actor | None = None,
) -> None:
    """Give a member another role.

    Raises:
        InvalidInput: unknown role, not allowed to make or unmake owners, or the last owner.
    """
    hold_order(membership.organization_id)
    before = Membership.unscoped.values_list("role", flat=True).get(pk=membership.pk)
    _check_role(role, by_role)
    _check_owner_stays(membership, before, by_role, leaves=role != Role.OWNER)
    membership.role = role
    membership.save(update_fields=["role"])
    refresh_staff(membership.user)
    if role != before:
        _record("role_changed", membership, by, before=before, role=role)


@transaction.atomic
def remove(
    membership: Membership, *, by_role: str | None = Role.OWNER, by: Actor | None = None
) -> None:
    """End a membership; the account stays.

    Raises:
        InvalidInput: the last owner, or an owner removed by somebody who is none.
    """
    hold_order(membership.organization_id)
    role = Membership.unscoped.filter(pk=membership.pk).values_list("role", flat=True).first()
    if role is None:
        return  # somebody else did so just now
    _check_owner_stays(membership, role, by_role, leaves=True)
    user = membership.user
    _record("removed", membership, by, role=role)
    membership.delete()
    if user.last_organization_id == membership.organization_id:
        user.last_organization = None
        user.save(update_fields=["last_organization"])
    refresh_staff(user)


def refresh_staff(user: User) -> None:
    """Let into the admin who is operator or more anywhere, and nobody else; in a transaction."""
    # Another organization may give the same person another role at this moment.
    stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    roles = Membership.unscoped.filter(user=user).values_list("role", flat=True)
    user.is_staff = stored.is_superuser or any(at_least(role, LEAST_STAFF_ROLE) for role in roles)
    if user.is_staff != stored.is_staff:
        user.save(update_fields=["is_staff"])


def _record(done: str, membership: Membership, by: Actor | None, **data: str) -> None:
    audit.record(
        membership.organization_id,
        f"member.{done}",
        by=by,
        kind="member",
        object_id=membership.pk,
        name=membership.user.email,
        data=data,
    )


def _check_role(role: str, by_role: str | None) -> None:
    if role not in Role.values:
        raise InvalidInput(
            {"role": f"{role!r} is no role; choose one of {', '.join(Role.values)}."}
        )
    if role == Role.OWNER and not can(by_role, "owners.manage"):
        raise InvalidInput({"role": "Only an owner can name owners; choose admin or below."})


def _check_owner_stays(
    membership: Membership, before: str, by_role: str | None, *, leaves: bool
) -> None:
    if before != Role.OWNER or not leaves:
        return
    if not can(by_role, "owners.manage"):
        raise InvalidInput({"role": "Only an owner can change or remove an owner."})
    owners = Membership.objects.of(membership.organization_id).filter(role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise InvalidInput({"role": "This is the last owner; name another owner first."})
