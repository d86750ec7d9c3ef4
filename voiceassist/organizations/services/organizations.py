"""Making and changing organizations; imports only the models."""

from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Membership, Organization, Role, User
from voiceassist.organizations.services import members


@transaction.atomic
def create(name: str, *, slug: str = "", owner: User | None = None) -> Organization:
    """Make an organization; `owner` becomes its first member.

    Raises:
        InvalidInput: empty name, or the slug is taken.
    """
    organization = Organization(name=name.strip(), slug=slug or slugify(name)[:60])
    save(organization)
    if owner is not None:
        membership = Membership(organization=organization, user=owner, role=Role.OWNER)
        membership.save()
        members.refresh_staff(owner)
    return organization


def save(organization: Organization) -> None:
    """Store an organization.

    Raises:
        InvalidInput: empty name or slug, the slug is taken, or the default assistant is foreign.
    """
    errors = {}
    if not organization.name:
        errors["name"] = "Give the organization a name."
    if not organization.slug:
        errors["slug"] = "Give a short name of letters, digits and hyphens, such as juniper-cycles."
    elif Organization.objects.filter(slug=organization.slug).exclude(pk=organization.pk).exists():
        errors["slug"] = f"{organization.slug} is taken; choose another."
    assistant = organization.default_assistant
    if assistant is not None and assistant.organization_id != organization.pk:
        errors["default_assistant"] = "Choose an assistant of this organization."
    if errors:
        raise InvalidInput(errors)
    organization.save()


def delete(organization: Organization) -> None:
    """Delete an organization with everything in it; members keep their accounts."""
    people = list(User.objects.filter(memberships__organization=organization))
    organization.delete()
    for user in people:
        members.refresh_staff(user)
