"""Collections, documents, parts and what a search finds, on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from voiceassist.knowledge.choices import DocumentKind, TextLanguage
from voiceassist.knowledge.models import KnowledgeChunk, KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services.search import LIMIT_MAX, QUERY_MAX


class CollectionSerializer(serializers.ModelSerializer[KnowledgeCollection]):
    """A collection."""

    documents = serializers.IntegerField(
        source="document_count", read_only=True, help_text="How many it has."
    )

    class Meta:
        model = KnowledgeCollection
        fields: tuple[str, ...] = (
            "id", "name", "slug", "description", "language", "is_active", "documents",
            "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class CollectionBodySerializer(serializers.Serializer[Any]):
    """What of a collection can be written; the service judges it."""

    name = serializers.CharField(allow_blank=True)
    slug = serializers.CharField(
        required=False, allow_blank=True, help_text="Left out: made of the name."
    )
    description = serializers.CharField(required=False, allow_blank=True)
    language = serializers.ChoiceField(TextLanguage.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class DocumentSerializer(serializers.ModelSerializer[KnowledgeDocument]):
    """A document, without its text: that is in its parts."""

    class Meta:
        model = KnowledgeDocument
        fields: tuple[str, ...] = (
            "id", "collection", "title", "kind", "category", "url", "filename", "status", "error",
            "checksum", "chunk_count", "read_at", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class DocumentBodySerializer(serializers.Serializer[Any]):
    """What of a document can be written: as JSON, or as a form with a file."""

    title = serializers.CharField(
        required=False, allow_blank=True, help_text="Left out: the name of the file or page."
    )
    category = serializers.CharField(required=False, allow_blank=True)
    kind = serializers.ChoiceField(
        DocumentKind.choices, required=False, help_text="Left out: as the file's name tells."
    )
    text = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False,
        help_text="Text, Markdown or HTML, as `kind` says.",
    )  # fmt: skip
    url = serializers.CharField(
        required=False, allow_blank=True, help_text="A page that is fetched and read."
    )
    file = serializers.FileField(
        required=False, allow_empty_file=True, help_text="Up to 10 MB: .txt, .md, .html or .pdf."
    )


class PartSerializer(serializers.ModelSerializer[KnowledgeChunk]):
    """A part of a document."""

    class Meta:
        model = KnowledgeChunk
        fields: tuple[str, ...] = ("id", "position", "heading", "text")
        read_only_fields = fields


class SearchBodySerializer(serializers.Serializer[Any]):
    """A question, and where to look."""

    query = serializers.CharField(max_length=QUERY_MAX)
    category = serializers.CharField(
        required=False, allow_blank=True, max_length=120,
        help_text="That of documents, or the slug or name of a collection.",
    )  # fmt: skip
    collections = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=100,
        help_text="Slugs; left out: all that are switched on.",
    )  # fmt: skip
    limit = serializers.IntegerField(required=False, min_value=1, max_value=LIMIT_MAX)


class HitSerializer(serializers.Serializer[Any]):
    """A part that was found."""

    chunk_id = serializers.IntegerField()
    document_id = serializers.IntegerField()
    text = serializers.CharField()
    title = serializers.CharField()
    source = serializers.CharField(  # type: ignore[assignment]  # a field of that name is ours
        help_text="The address of the page, the name of the file, or the title."
    )
    heading = serializers.CharField()
    category = serializers.CharField()
    score = serializers.FloatField(help_text="Compares within one search only.")


class SearchResultSerializer(serializers.Serializer[Any]):
    """What a search found, the best first."""

    results = HitSerializer(many=True)
