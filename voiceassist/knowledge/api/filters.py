"""What lists of the knowledge base can be narrowed by."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from voiceassist.knowledge.choices import DocumentKind, DocumentStatus
from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument


class CollectionFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?search= &is_active=`."""

    search = django_filters.CharFilter(
        method="find", label="Words of the name or description.", max_length=200
    )
    is_active = django_filters.BooleanFilter()

    class Meta:
        model = KnowledgeCollection
        fields: tuple[str, ...] = ()

    def find(
        self, rows: QuerySet[KnowledgeCollection], name: str, value: str
    ) -> QuerySet[KnowledgeCollection]:
        """Keep what the words are found in."""
        return rows.filter(Q(name__icontains=value) | Q(description__icontains=value))


class DocumentFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?search= &status= &kind= &category=`."""

    search = django_filters.CharFilter(
        field_name="title", lookup_expr="icontains", label="Words of the title.", max_length=200
    )
    status = django_filters.ChoiceFilter(choices=DocumentStatus.choices)
    kind = django_filters.ChoiceFilter(choices=DocumentKind.choices)
    category = django_filters.CharFilter(lookup_expr="iexact", max_length=60)

    class Meta:
        model = KnowledgeDocument
        fields: tuple[str, ...] = ()
