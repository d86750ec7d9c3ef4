"""For which organization a person or program acts, and in which role.

Order: header `X-Organization`, the one chosen last, the only one. The answer is kept on the user
object, so that a request asks the database once. Imports the models of this room.
"""

from __future__ import annotations

from typing import Any, Protocol

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from voiceassist.organizations.errors import HEADER, OrganizationRequired, UnknownOrganization
from voiceassist.organizations.models.api_key import ApiKey
from voiceassist.organizations.models.membership import Membership, Role
from voiceassist.organizations.models.organization import Organization
from voiceassist.organizations.models.user import User


class Actor(Protocol):
    """Whoever `request.user` is: a User, a KeyUser, or Django's AnonymousUser."""

    @property
    def is_authenticated(self) -> bool:
        """Whether they proved who they are."""
        ...


class KeyUser:
    """The program behind an API key, as `request.user`; it is no row and has no pages."""

    pk = id = None
    is_authenticated = is_active = True
    is_anonymous = is_staff = is_superuser = False

    def __init__(self, key: ApiKey, asked: str = "") -> None:
        """`asked` is the slug in the header, which may only repeat the key's own."""
        self.key = key
        self.asked = asked

    def __str__(self) -> str:
        return f"API key {self.key.name}"


def ask_for(user: Any, slug: str) -> None:
    """Note on `user` that this request names an organization; empty: it names none."""
    user.asked_organization = slug
    user.standing = None


def organization_of_user(actor: Actor) -> Organization:
    """Return the organization `actor` acts for.

    Raises:
        OrganizationRequired: several are possible, or none.
        UnknownOrganization: the named one is not theirs.
    """
    return _standing(actor)[0]


def role_in_current(actor: Actor) -> Role | None:
    """Return the role of `actor` in the organization they act for; None: they act for none."""
    try:
        return _standing(actor)[1]
    except (OrganizationRequired, UnknownOrganization):
        return None


def organization_of(request: HttpRequest) -> Organization:
    """Return the organization a request acts for; typed twin of `request.organization`.

    Raises:
        OrganizationRequired: several are possible, or none.
        UnknownOrganization: the named one is not theirs.
    """
    return organization_of_user(request.user)


async def aorganization_of(request: HttpRequest) -> Organization:
    """Return the same as `organization_of`, for async views and sockets."""
    user = await request.auser()
    if slug := request.headers.get(HEADER, ""):
        ask_for(user, slug)
    return await sync_to_async(organization_of_user)(user)


def person(request: HttpRequest) -> User | None:
    """Return who did it, for `created_by` and the like; None where a program did."""
    return person_of(request.user)


def person_of(actor: Actor | None) -> User | None:
    """Return who acts, for `created_by` and the like; None where a program or nobody does."""
    return actor if isinstance(actor, User) else None


def organizations_of(user: User) -> list[Organization]:
    """Return the organizations `user` may choose from, by name."""
    return [organization for organization, _role in _choices(user)]


def choose(user: User, slug: str) -> Organization:
    """Remember `slug` as the organization the user acts for from now on.

    Raises:
        UnknownOrganization: it is not theirs.
    """
    for organization, _role in _choices(user):
        if organization.slug == slug:
            user.last_organization = organization
            user.save(update_fields=["last_organization"])
            ask_for(user, "")
            return organization
    raise UnknownOrganization(slug)


def _standing(actor: Actor) -> tuple[Organization, Role]:
    if isinstance(actor, KeyUser):
        if actor.asked and actor.asked != actor.key.organization.slug:
            raise UnknownOrganization(actor.asked)
        return actor.key.organization, Role(actor.key.role)
    if not actor.is_authenticated or not isinstance(actor, User):
        raise OrganizationRequired([])
    if actor.standing is None:
        actor.standing = _pick(actor, actor.asked_organization)
    return actor.standing


def _pick(user: User, asked: str) -> tuple[Organization, Role]:
    choices = _choices(user)
    if asked:
        for organization, role in choices:
            if organization.slug == asked:
                return organization, role
        raise UnknownOrganization(asked)
    for organization, role in choices:
        if organization.pk == user.last_organization_id:
            return organization, role
    if len(choices) == 1:
        return choices[0]
    raise OrganizationRequired(organization.slug for organization, _role in choices)


def _choices(user: User) -> list[tuple[Organization, Role]]:
    if user.is_superuser:
        return [(organization, Role.OWNER) for organization in Organization.objects.all()]
    memberships = Membership.unscoped.filter(user=user).select_related("organization")
    return [
        (membership.organization, Role(membership.role))
        for membership in memberships.order_by("organization__name")
    ]
