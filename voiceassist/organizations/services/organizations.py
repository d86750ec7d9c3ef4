"""Making and changing organizations; imports the models, the audit and the door's rules."""

from __future__ import annotations

import logging
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.storing import hold_order
from voiceassist.foundation.outbound.errors import OutboundRefused
from voiceassist.foundation.outbound.rules import read_rule
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Membership, Organization, Role, ToolReviewRule, User
from voiceassist.organizations.services import audit, members

HOSTS_MAX = 500
RUNS_MAX = 1_000_000
SECONDS_MAX = 86_400
_SETTINGS = (
    "name", "slug", "default_assistant_id", "tool_review", "tool_rate_limit", "outbound_allow",
    "outbound_deny",
)  # fmt: skip
_KIND = "organization"
log = logging.getLogger(__name__)


@transaction.atomic
def create(
    name: str, *, slug: str = "", owner: User | None = None, by: Actor | None = None
) -> Organization:
    """Make an organization; `owner` becomes its first member.

    Raises:
        InvalidInput: empty name, or the slug is taken.
    """
    organization = Organization(name=name.strip(), slug=slug or slugify(name)[:60])
    save(organization, by=by)
    if owner is not None:
        membership = Membership(organization=organization, user=owner, role=Role.OWNER)
        membership.save()
        members.refresh_staff(owner)
    return organization


@transaction.atomic
def save(organization: Organization, *, by: Actor | None = None) -> None:
    """Store an organization; hosts are put into the one form that is compared.

    Raises:
        InvalidInput: empty name or slug, the slug is taken, the default assistant is foreign, or
            a rule for tools cannot be read.
    """
    errors = _faults(organization)
    for field in ("outbound_allow", "outbound_deny"):
        try:
            setattr(organization, field, _hosts(getattr(organization, field)))
        except ValueError as error:
            errors[field] = str(error)
    if fault := _fault_of_limit(organization.tool_rate_limit):
        errors["tool_rate_limit"] = fault
    if errors:
        raise InvalidInput(errors)
    if organization.pk is None:
        _store(organization)
        _record("created", organization, by, slug=organization.slug)
        return
    hold_order(organization.pk)
    before = Organization.objects.filter(pk=organization.pk).values(*_SETTINGS).first() or {}
    _store(organization)
    changes = {
        field: {"before": before.get(field), "after": getattr(organization, field)}
        for field in _SETTINGS
        if before.get(field) != getattr(organization, field)
    }
    if changes:
        _record("changed", organization, by, changes=changes)


@transaction.atomic
def delete(organization: Organization, *, by: Actor | None = None) -> None:
    """Delete an organization with everything in it; members keep their accounts."""
    people = list(User.objects.filter(memberships__organization=organization).order_by("pk"))
    words = {"organization": organization.slug, "by": str(by or "the platform")}
    organization.delete()
    for user in people:
        members.refresh_staff(user)
    # Its audit went with it, so that this line is what stays of who did it.
    transaction.on_commit(lambda: log.warning("an organization was deleted", extra=words))


def _store(organization: Organization) -> None:
    try:
        with transaction.atomic():
            organization.save()
    except IntegrityError:  # somebody took its short name a moment ago
        if errors := _faults(organization):
            raise InvalidInput(errors) from None
        raise


def _faults(organization: Organization) -> dict[str, str]:
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
    if organization.tool_review not in ToolReviewRule.values:
        errors["tool_review"] = f"Choose one of {', '.join(ToolReviewRule.values)}."
    return errors


def _hosts(entries: Any) -> list[str]:
    """Return the hosts in the one form that is compared, each once.

    Raises:
        ValueError: says which entry is no host.
    """
    if not isinstance(entries, list) or not all(isinstance(each, str) for each in entries):
        raise ValueError("Write a list of hosts, such as api.example.com.")
    if len(entries) > HOSTS_MAX:
        raise ValueError(f"Name up to {HOSTS_MAX} hosts; *.example.com stands for many.")
    try:
        return list(dict.fromkeys(read_rule(each) for each in entries))
    except OutboundRefused as error:
        raise ValueError(error.public_message) from None


def _fault_of_limit(limit: Any) -> str:
    if limit is None:
        return ""
    if not isinstance(limit, dict) or set(limit) != {"runs", "seconds"}:
        return 'Write {"runs": 600, "seconds": 60}, or leave it empty for no limit.'
    if not _is_number(limit["runs"], RUNS_MAX):
        return f"Runs: a whole number from 1 to {RUNS_MAX}."
    if not _is_number(limit["seconds"], SECONDS_MAX):
        return f"Seconds: a whole number from 1 to {SECONDS_MAX}."
    return ""


def _is_number(value: Any, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _record(done: str, organization: Organization, by: Actor | None, **data: Any) -> None:
    audit.record(
        organization.pk,
        f"{_KIND}.{done}",
        by=by,
        kind=_KIND,
        object_id=organization.pk,
        name=organization.name,
        data=data,
    )
