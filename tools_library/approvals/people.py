"""Who acts, under which name and in which role; imports the organizations room."""

from __future__ import annotations

from voiceassist.organizations.current import Actor, KeyUser, person_of
from voiceassist.organizations.models import Membership, Role, User
from voiceassist.organizations.roles import can


def name_of(by: Actor | None) -> str:
    """Return what lists call whoever acts; the platform itself has no name."""
    if isinstance(by, User):
        return by.email
    return str(by)[:254] if by is not None else ""


def answerable(by: Actor | None) -> User | None:
    """Return the person behind an act: a key acts for whoever made it; None: nobody is known."""
    return by.key.created_by if isinstance(by, KeyUser) else person_of(by)


def role_in(by: Actor | None, organization_id: int) -> Role | None:
    """Return the role somebody has in an organization; None: none."""
    if isinstance(by, KeyUser):
        return Role(by.key.role) if by.key.organization_id == organization_id else None
    if not isinstance(by, User) or not by.is_active:
        return None
    if by.is_superuser:
        return Role.OWNER
    own = Membership.objects.of(organization_id).filter(user=by)
    role = own.values_list("role", flat=True).first()
    return Role(role) if role else None


def may(by: Actor | None, organization_id: int, permission: str) -> bool:
    """Return whether somebody has a permission of the roles table in an organization."""
    return can(role_in(by, organization_id), permission)
