"""REST of collections, and of searching them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from voiceassist.knowledge.api.base import READ, ByName, View, collections_of
from voiceassist.knowledge.api.filters import CollectionFilterSet
from voiceassist.knowledge.api.serializers import (
    CollectionBodySerializer,
    CollectionSerializer,
    SearchBodySerializer,
    SearchResultSerializer,
)
from voiceassist.knowledge.models import KnowledgeCollection
from voiceassist.knowledge.services import collections
from voiceassist.knowledge.services.search import search

_DEFAULTS = {"description": "", "language": "en", "is_active": True}


class Collections(View, generics.ListAPIView[Any]):
    """The organization's collections."""

    queryset = KnowledgeCollection.unscoped.all()
    serializer_class = CollectionSerializer
    filterset_class = CollectionFilterSet
    pagination_class = ByName

    def get_queryset(self) -> QuerySet[KnowledgeCollection]:
        """Return the organization's rows."""
        if self.describes:
            return KnowledgeCollection.unscoped.none()
        return collections_of(self.organization)

    @extend_schema(operation_id="knowledge_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the collections, by name."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="knowledge_create",
        request=CollectionBodySerializer,
        responses={201: CollectionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a collection."""
        row = KnowledgeCollection(organization=self.organization)
        return Response(_saved(self, row, request), status=201)


class OneCollection(View):
    """A collection."""

    queryset = KnowledgeCollection.unscoped.all()
    serializer_class = CollectionSerializer

    @extend_schema(operation_id="knowledge_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a collection."""
        return Response(CollectionSerializer(self.collection()).data)

    @extend_schema(operation_id="knowledge_replace", request=CollectionBodySerializer)
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Replace it; what is left out gets its default, but the slug stays."""
        row = self.collection()
        for name, value in _DEFAULTS.items():
            setattr(row, name, value)
        return Response(_saved(self, row, request))

    @extend_schema(operation_id="knowledge_change", request=CollectionBodySerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change what is named; in another language, its documents are read anew."""
        return Response(_saved(self, self.collection(), request, partial=True))

    @extend_schema(operation_id="knowledge_delete", responses={204: None})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Delete it with its documents."""
        collections.delete(self.collection())
        return Response(status=204)


class Search(View):
    """Finding what answers a question."""

    required_permission: ClassVar[Any] = READ
    serializer_class = SearchResultSerializer

    @extend_schema(
        operation_id="knowledge_search",
        request=SearchBodySerializer,
        responses=SearchResultSerializer,
    )
    def post(self, request: Request) -> Response:
        """Return the parts that fit a question best, as assistants get them."""
        body = SearchBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        hits = search(self.organization.pk, **body.validated_data)
        return Response({"results": [asdict(hit) for hit in hits]})


def _saved(
    view: View, row: KnowledgeCollection, request: Request, *, partial: bool = False
) -> dict[str, Any]:
    body = CollectionBodySerializer(data=request.data, partial=partial)
    body.is_valid(raise_exception=True)
    for name, value in body.validated_data.items():
        setattr(row, name, value)
    collections.save(row)
    return dict(CollectionSerializer(collections_of(view.organization).get(pk=row.pk)).data)
