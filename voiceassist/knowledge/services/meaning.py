"""Embeddings of parts: made in the background, asked beside the words; imports models and provider.

All of it is optional: without a model's name nothing happens here, and where the model is not to be
had a search goes by words alone.
"""

from __future__ import annotations

import heapq
import logging
from array import array
from collections.abc import Sequence
from operator import mul
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from voiceassist.foundation.jobs import enqueue
from voiceassist.foundation.providers import embeddings
from voiceassist.foundation.providers.embeddings import EmbeddingError
from voiceassist.knowledge.models import ChunkVector, KnowledgeChunk
from voiceassist.knowledge.services.ranking import Found
from voiceassist.knowledge.services.stores import Scope

log = logging.getLogger(__name__)

EMBED_JOB = "knowledge.embed"
CANDIDATES = 200
"""How many of the parts found by words are compared."""
SCANNED_MAX = 2_000
"""Where no more parts are searched, all of them are compared, found by words or not."""
NEAR = 0.3
"""How near a part must be to the question to count at all."""
_NEAREST = 20
_FUSED = 60
_INDEX_SECONDS, _INDEX_RETRIES = 30.0, 2
_SEARCH_SECONDS = 2.0


def embed_some() -> None:
    """Give vectors to parts that have none of the model in force; goes on until all have one."""
    model = settings.OPENAI_EMBEDDING_MODEL
    if not model:
        return
    rows = list(_without(model)[: embeddings.MOST_TEXTS])
    if not rows:
        return
    texts = [f"{row.heading}\n{row.text}" for row in rows]
    try:
        vectors = embeddings.embed(texts, timeout_s=_INDEX_SECONDS, retries=_INDEX_RETRIES)
    except EmbeddingError as error:
        log.warning("%d parts have no embeddings yet: %s", len(rows), error.public_message)
        return
    with transaction.atomic():
        alive = hold(KnowledgeChunk.unscoped.filter(pk__in=[row.pk for row in rows]))
        ChunkVector.unscoped.filter(chunk__in=alive).delete()
        ChunkVector.unscoped.bulk_create(
            ChunkVector(
                organization_id=row.organization_id, chunk=row, model=model, data=vector.tobytes()
            )
            for row, vector in zip(rows, vectors, strict=True)
            if row.pk in alive
        )
    if len(rows) == embeddings.MOST_TEXTS:
        enqueue(EMBED_JOB)


def hold(chunks: QuerySet[KnowledgeChunk]) -> set[int]:
    """Lock parts until the transaction ends, and return those that are there.

    Whoever deletes parts does so first: a vector that is made meanwhile would point nowhere.
    """
    rows = chunks.order_by("pk").select_for_update(of=("self",))
    return set(rows.values_list("pk", flat=True))


def look_after() -> None:
    """Have vectors made where some are missing."""
    if settings.OPENAI_EMBEDDING_MODEL and _without(settings.OPENAI_EMBEDDING_MODEL).exists():
        enqueue(EMBED_JOB)


def fused(scopes: Sequence[Scope], question: str, found: Sequence[Found]) -> list[Found]:
    """Return parts found by words and parts near the question, those that are both first.

    Args:
        found: by words, the best first.
    """
    try:
        [asked] = embeddings.embed([question], timeout_s=_SEARCH_SECONDS, retries=0)
    except EmbeddingError as error:
        log.warning("a search went by words alone: %s", error.public_message)
        return list(found)
    near = _near(scopes, asked, [each.chunk_id for each in found])
    scores: dict[int, float] = {}
    for ranked in ([each.chunk_id for each in found], near):
        for place, chunk_id in enumerate(ranked, 1):
            scores[chunk_id] = scores.get(chunk_id, 0.0) + 1 / (_FUSED + place)
    best = sorted(scores.items(), key=lambda each: (-each[1], each[0]))
    return [Found(chunk_id, score) for chunk_id, score in best]


def _near(scopes: Sequence[Scope], asked: Any, found: Sequence[int]) -> list[int]:
    """Return the parts nearest to a question, the nearest first."""
    where = Q(chunk__in=found)
    for scope in scopes:
        if scope.parts <= SCANNED_MAX:
            inside = Q(chunk__collection__in=scope.collections)
            if scope.documents is not None:
                inside &= Q(chunk__document__in=scope.documents)
            where |= inside
    rows = ChunkVector.objects.of(scopes[0].organization_id).filter(where)
    compared: list[tuple[float, int]] = []
    for chunk_id, data in rows.filter(model=settings.OPENAI_EMBEDDING_MODEL).values_list(
        "chunk_id", "data"
    ):
        vector = array("f")
        vector.frombytes(data)
        nearness = sum(map(mul, asked, vector))
        if nearness >= NEAR:
            compared.append((-nearness, chunk_id))
    return [chunk_id for _, chunk_id in heapq.nsmallest(_NEAREST, compared)]


def _without(model: str) -> QuerySet[KnowledgeChunk]:
    return KnowledgeChunk.unscoped.exclude(vector_of__model=model).order_by("pk")
