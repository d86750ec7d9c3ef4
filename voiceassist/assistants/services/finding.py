"""Finding an assistant as programs name it: by its id or its slug. Imports models."""

from __future__ import annotations

from voiceassist.assistants.models import Assistant
from voiceassist.foundation.prepared import PreparedQuery, columns, instance
from voiceassist.organizations.models import Organization

_ID_DIGITS = 18  # longer numbers fit no key


def find(organization: Organization | int, named: str) -> Assistant | None:
    """Return the organization's assistant of an id or slug; None where it has none.

    Digits are an id: no slug is made of them alone.
    """
    if "\0" in named:  # no database takes it
        return None
    key = organization if isinstance(organization, int) else organization.pk
    is_id = named.isascii() and named.isdigit() and len(named) <= _ID_DIGITS
    found = _BY_ID.first(key, int(named)) if is_id else _BY_SLUG.first(key, named)
    return None if found is None else instance(Assistant, _ALL, iter(found))


_ALL = columns(Assistant)

_BY_SLUG = PreparedQuery(
    Assistant,
    ["organization_id", "slug"],
    lambda organization_id, slug: (
        Assistant.objects.of(organization_id).filter(slug=slug).values_list(*_ALL)
    ),
)

_BY_ID = PreparedQuery(
    Assistant,
    ["organization_id", "id"],
    lambda organization_id, pk: (
        Assistant.objects.of(organization_id).filter(pk=pk).values_list(*_ALL)
    ),
)
