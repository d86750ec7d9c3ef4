"""Finding an assistant as programs name it: by its id or its slug. Imports models."""

from __future__ import annotations

from django.db.models import Q

from voiceassist.assistants.models import Assistant
from voiceassist.organizations.models import Organization

_ID_DIGITS = 18  # longer numbers fit no key


def find(organization: Organization | int, named: str) -> Assistant | None:
    """Return the organization's assistant of an id or slug; None where it has none."""
    if "\0" in named:  # no database takes it
        return None
    rule = Q(slug=named)
    if named.isascii() and named.isdigit() and len(named) <= _ID_DIGITS:
        rule |= Q(pk=int(named))
    found: Assistant | None = Assistant.objects.of(organization).filter(rule).first()
    return found
