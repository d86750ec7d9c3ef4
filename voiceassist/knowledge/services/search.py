"""Finding parts of documents by a question; imports the models, the words and the ranking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum

from voiceassist.knowledge import words
from voiceassist.knowledge.models import KnowledgeChunk, KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services import meaning, ranking
from voiceassist.knowledge.services.ranking import Found
from voiceassist.knowledge.services.stores import Scope, store

QUERY_MAX = 1_000
LIMIT_MAX = 20
_WORTH = 0.3
"""The share of the best score below which a part is not worth telling."""


@dataclass(frozen=True)
class Hit:
    """A part that answers, or may. `score` compares within one search only."""

    chunk_id: int
    document_id: int
    text: str
    title: str
    source: str
    heading: str
    category: str
    score: float


def search(
    organization_id: int,
    query: str,
    *,
    category: str = "",
    collections: Collection[str] = (),
    limit: int = 3,
) -> list[Hit]:
    """Return the parts that fit a question best, the best first; none where none shares a word.

    Args:
        category: that of documents, or the slug or name of a collection; empty: everything.
        collections: slugs of those to look in; none: all that are switched on.
        limit: at most LIMIT_MAX.
    """
    question, most = query[:QUERY_MAX], min(limit, LIMIT_MAX)
    scopes = _scopes(organization_id, category, frozenset(collections))
    by_meaning = bool(settings.OPENAI_EMBEDDING_MODEL and question.strip() and scopes)
    wanted = meaning.CANDIDATES if by_meaning else most
    found: list[Found] = []
    for scope in scopes:
        asked = words.concepts(question, scope.language)
        if asked:
            found += ranking.best(store(), scope, asked, wanted)
    best = sorted(found, key=lambda each: (-each.score, each.chunk_id))[:wanted]
    best = [each for each in best if each.score >= _WORTH * best[0].score]
    if by_meaning:
        best = meaning.fused(scopes, question, best)
    return _hits(organization_id, best[:most])


def categories(organization_id: int, collections: Collection[str] = ()) -> list[str]:
    """Return what a search may name as its category: those of documents, and collections."""
    chosen = _chosen(organization_id, frozenset(collections))
    rows = KnowledgeDocument.objects.of(organization_id).filter(collection__in=chosen)
    named = rows.exclude(category="").values_list("category", flat=True).distinct()
    return sorted({*named, *chosen.values_list("slug", flat=True)})


def _scopes(organization_id: int, category: str, slugs: frozenset[str]) -> list[Scope]:
    """Return where to look, by language."""
    rows = KnowledgeDocument.objects.of(organization_id).filter(
        collection__in=_chosen(organization_id, slugs), chunk_count__gt=0
    )
    wanted = " ".join(category.split())
    if wanted:
        collection = Q(collection__slug__iexact=wanted) | Q(collection__name__iexact=wanted)
        rows = rows.filter(Q(category__iexact=wanted) | collection)
    by_language: defaultdict[str, dict[int, int]] = defaultdict(dict)
    counted = rows.order_by().values_list("collection__language", "collection_id")
    for language, collection_id, parts in counted.annotate(parts=Sum("chunk_count")):
        by_language[language][collection_id] = parts
    documents = tuple(rows.order_by().values_list("pk", flat=True)) if wanted else None
    return [
        Scope(organization_id, language, tuple(found), documents, sum(found.values()))
        for language, found in by_language.items()
    ]


def _chosen(organization_id: int, slugs: frozenset[str]) -> QuerySet[KnowledgeCollection]:
    rows: QuerySet[KnowledgeCollection] = KnowledgeCollection.objects.of(organization_id)
    rows = rows.filter(is_active=True).order_by()
    return rows.filter(slug__in=slugs) if slugs else rows


def _hits(organization_id: int, found: Sequence[Found]) -> list[Hit]:
    rows = KnowledgeChunk.objects.of(organization_id).filter(pk__in=[one.chunk_id for one in found])
    read = {row[0]: row for row in rows.order_by().values_list(*_READ)}
    return [_hit(read[each.chunk_id], each.score) for each in found if each.chunk_id in read]


_READ = (
    "pk", "document_id", "text", "heading", "document__title", "document__category",
    "document__url", "document__filename",
)  # fmt: skip


def _hit(read: tuple[Any, ...], score: float) -> Hit:
    chunk_id, document_id, text, heading, title, category, url, filename = read
    return Hit(
        chunk_id=chunk_id,
        document_id=document_id,
        text=text,
        title=title,
        source=url or filename or title,
        heading=heading,
        category=category,
        score=round(score, 4),
    )
