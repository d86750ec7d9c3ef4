"""REST of a collection's documents and of their parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from voiceassist.foundation.api.parsing import StorableJSONParser
from voiceassist.foundation.errors import InvalidInput
from voiceassist.knowledge.api.base import READ, WRITE, ByPlace, View
from voiceassist.knowledge.api.filters import DocumentFilterSet
from voiceassist.knowledge.api.serializers import (
    DocumentBodySerializer,
    DocumentSerializer,
    PartSerializer,
)
from voiceassist.knowledge.models import KnowledgeChunk, KnowledgeDocument
from voiceassist.knowledge.services import documents
from voiceassist.knowledge.services.documents import Content

_PARSERS = (StorableJSONParser, MultiPartParser, FormParser)
_CONTENT = ("kind", "text", "file", "url")
_REQUEST = {
    "application/json": DocumentBodySerializer,
    "multipart/form-data": DocumentBodySerializer,
}


class Documents(View, generics.ListAPIView[Any]):
    """A collection's documents."""

    queryset = KnowledgeDocument.unscoped.all()
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilterSet
    parser_classes = _PARSERS

    def get_queryset(self) -> QuerySet[KnowledgeDocument]:
        """Return the collection's rows."""
        if self.describes:
            return KnowledgeDocument.unscoped.none()
        rows: QuerySet[KnowledgeDocument] = KnowledgeDocument.objects.of(self.organization)
        return rows.filter(collection=self.collection())

    @extend_schema(operation_id="knowledge_documents_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the documents, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="knowledge_documents_create",
        request=_REQUEST,
        responses={201: DocumentSerializer},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Add a text, a file or a page. It is read in the background: see its `status`."""
        collection, body = self.collection(), _body(request)
        made = documents.add(
            collection, _content(body), title=body.get("title", ""),
            category=body.get("category", ""),
        )  # fmt: skip
        return Response(_shown(made), status=201)


class OneDocument(View):
    """A document."""

    queryset = KnowledgeDocument.unscoped.all()
    serializer_class = DocumentSerializer
    parser_classes = _PARSERS

    @extend_schema(operation_id="knowledge_documents_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a document and how far it has come."""
        return Response(_shown(self.document()))

    @extend_schema(operation_id="knowledge_documents_replace", request=_REQUEST)
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Replace its content; a title that is left out stays, a category becomes empty."""
        return self._change(request, {"category": ""}, whole=True)

    @extend_schema(operation_id="knowledge_documents_change", request=_REQUEST)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change what is named. The old text is found until the new one has been read."""
        return self._change(request, {}, whole=False)

    @extend_schema(operation_id="knowledge_documents_delete", responses={204: None})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Delete it; nothing of it is found any more."""
        documents.delete(self.document())
        return Response(status=204)

    def _change(self, request: Request, otherwise: dict[str, str], *, whole: bool) -> Response:
        document, body = self.document(), {**otherwise, **_body(request)}
        given = whole or any(name in body for name in _CONTENT)
        changed = documents.change(
            document,
            title=body.get("title"),
            category=body.get("category"),
            content=_content(body) if given else None,
        )
        return Response(_shown(changed))


class Parts(View, generics.ListAPIView[Any]):
    """What a document was cut into."""

    required_permission: ClassVar[Any] = READ
    queryset = KnowledgeChunk.unscoped.all()
    serializer_class = PartSerializer
    pagination_class = ByPlace
    filter_backends = ()

    def get_queryset(self) -> QuerySet[KnowledgeChunk]:
        """Return the document's rows."""
        if self.describes:
            return KnowledgeChunk.unscoped.none()
        rows: QuerySet[KnowledgeChunk] = KnowledgeChunk.objects.of(self.organization)
        return rows.filter(document=self.document())

    @extend_schema(operation_id="knowledge_documents_parts")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List its parts in their order."""
        return super().get(request, *args, **kwargs)


class ReadAgain(View):
    """Reading a document once more."""

    required_permission: ClassVar[Any] = WRITE
    serializer_class = DocumentSerializer

    @extend_schema(
        operation_id="knowledge_documents_read_again",
        request=None,
        responses={202: DocumentSerializer},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Read it again; a page is fetched anew."""
        document = self.document()
        documents.fetch_again(document)
        return Response(_shown(document), status=202)


def _body(request: Request) -> dict[str, Any]:
    body = DocumentBodySerializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _content(body: Mapping[str, Any]) -> Content:
    file = body.get("file")
    if file is not None and (file.size or 0) > documents.FILE_MAX_BYTES:
        raise InvalidInput({"file": documents.too_large()})
    return Content(
        kind=body.get("kind", ""),
        text=body.get("text", ""),
        file=file.read() if file is not None else None,
        filename=file.name or "" if file is not None else "",
        url=body.get("url", ""),
    )


def _shown(document: KnowledgeDocument) -> dict[str, Any]:
    document.refresh_from_db()
    return dict(DocumentSerializer(document).data)
