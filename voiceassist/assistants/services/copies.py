"""Copying an assistant; imports the models."""

from __future__ import annotations

from django.db import transaction

from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services import drafts
from voiceassist.organizations.models import User


@transaction.atomic
def duplicate(assistant: Assistant, by: User | None) -> Assistant:
    """Return a new, unpublished assistant with the same draft, without numbers and versions."""
    taken = set(Assistant.objects.of(assistant.organization_id).values_list("slug", flat=True))
    copy = Assistant.objects.of(assistant.organization_id).get(pk=assistant.pk)
    copy.pk = None
    copy._state.adding = True
    copy.name = f"{assistant.name[:90]} (copy)"
    copy.slug = _free_slug(assistant.slug, taken)
    copy.agent_class_name = ""  # programs find one assistant by it
    copy.published_version = None
    copy.created_by = by
    return drafts.save(copy)


def _free_slug(slug: str, taken: set[str]) -> str:
    base = f"{slug[:50]}-copy"
    candidate, count = base, 1
    while candidate in taken:
        count += 1
        candidate = f"{base}-{count}"
    return candidate
