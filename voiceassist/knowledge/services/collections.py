"""Making and changing collections; imports the models and the documents' service."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from voiceassist.foundation.errors import InvalidInput
from voiceassist.knowledge.choices import TextLanguage
from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services import documents

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST = {"name": 120, "slug": 60, "description": 300}


@transaction.atomic
def save(collection: KnowledgeCollection) -> KnowledgeCollection:
    """Store a collection; in another language, its documents are read anew.

    Raises:
        InvalidInput: no name, a slug that is taken or none, an unknown language.
    """
    collection.name = collection.name.strip()
    collection.description = collection.description.strip()
    collection.slug = collection.slug or slugify(collection.name)[: _MOST["slug"]].strip("-")
    if errors := _faults(collection):
        raise InvalidInput(errors)
    known = KnowledgeCollection.unscoped.filter(pk=collection.pk)
    before = known.values_list("language", flat=True).first() if collection.pk else None
    try:
        with transaction.atomic():
            collection.save()
    except IntegrityError:  # since a moment ago
        raise InvalidInput({"slug": _called(collection)}) from None
    if before is not None and before != collection.language:
        for document in collection.documents.all():
            documents.order(document)
    return collection


@transaction.atomic
def delete(collection: KnowledgeCollection) -> None:
    """Forget a collection with its documents."""
    documents.hold(KnowledgeDocument.unscoped.filter(collection=collection))
    collection.delete()


def _faults(collection: KnowledgeCollection) -> dict[str, str]:
    errors = {
        name: f"Use at most {most} characters."
        for name, most in _MOST.items()
        if len(getattr(collection, name)) > most
    }
    errors |= {
        name: "This holds characters that cannot be stored; type it anew."
        for name in ("name", "description")
        if not documents.storable(getattr(collection, name))
    }
    if not collection.name:
        errors["name"] = "Give the collection a name, such as Help pages."
    elif not _SLUG.fullmatch(collection.slug):
        errors["slug"] = "Write small letters, digits and hyphens, such as help-pages."
    elif _taken(collection):
        errors["slug"] = _called(collection)
    if collection.language not in TextLanguage.values:
        errors["language"] = f"Choose one of {', '.join(TextLanguage.values)}."
    return errors


def _called(collection: KnowledgeCollection) -> str:
    return f"Another collection is called {collection.slug}; choose another name."


def _taken(collection: KnowledgeCollection) -> bool:
    rows = KnowledgeCollection.objects.of(collection.organization_id).filter(slug=collection.slug)
    return rows.exclude(pk=collection.pk).exists()
