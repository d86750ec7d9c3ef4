"""The organizations that a command is for; imports the models."""

from __future__ import annotations

from django.core.management.base import CommandError

from voiceassist.organizations.models import Organization


def chosen(slug: str | None) -> list[Organization]:
    """Return the organization of a slug, all of them for None.

    Raises:
        CommandError: there is none; the text names those there are.
    """
    if slug is None:
        return list(Organization.objects.order_by("slug"))
    found = list(Organization.objects.filter(slug=slug))
    if not found:
        known = ", ".join(Organization.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no organization {slug!r}. Known: {known}.")
    return found
