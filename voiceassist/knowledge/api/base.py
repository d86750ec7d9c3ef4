"""What the routes have in common: who asks, which row the address names."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from rest_framework.exceptions import NotFound

from voiceassist.foundation.api.paging import CursorPagination
from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument
from voiceassist.organizations.api.asking import OrganizationView
from voiceassist.organizations.models import Organization

READ, WRITE = "knowledge.read", "knowledge.write"
EDITED: dict[str, str] = {
    "GET": READ, "POST": WRITE, "PUT": WRITE, "PATCH": WRITE, "DELETE": WRITE
}  # fmt: skip


class View(OrganizationView):
    """Base: rows are those of the asker's organization."""

    required_permission: ClassVar[Any] = EDITED

    def collection(self) -> KnowledgeCollection:
        """Return the collection of the address.

        Raises:
            NotFound: there is none with this id.
        """
        found = collections_of(self.organization).filter(pk=self.kwargs["collection_id"]).first()
        if found is None:
            raise NotFound(f"{self.organization.name} has no collection with this id.")
        return found

    def document(self) -> KnowledgeDocument:
        """Return the document of the address.

        Raises:
            NotFound: the collection has none with this id.
        """
        rows: QuerySet[KnowledgeDocument] = KnowledgeDocument.objects.of(self.organization)
        found = rows.filter(
            collection=self.kwargs["collection_id"], pk=self.kwargs["document_id"]
        ).first()
        if found is None:
            raise NotFound("The collection has no document with this id.")
        return found


class ByName(CursorPagination):
    """Collections as people look for them."""

    ordering: Any = ("name", "id")


class ByPlace(CursorPagination):
    """Parts as they follow each other."""

    ordering: Any = ("position", "id")


def collections_of(organization: Organization) -> QuerySet[KnowledgeCollection]:
    """Return the collections of an organization with the number of their documents."""
    rows: QuerySet[KnowledgeCollection] = KnowledgeCollection.objects.of(organization)
    # `documents` is the name on the wire, and that of the rows themselves.
    return rows.annotate(document_count=Count("documents"))
