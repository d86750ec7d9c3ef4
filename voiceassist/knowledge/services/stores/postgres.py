"""Full text of PostgreSQL: tsvectors with GIN indexes; imports Django's connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection, transaction

from voiceassist.knowledge.services.stores.types import AnyOf, Entry, Find, Places, Scope
from voiceassist.knowledge.words import for_index

_CONFIGURATIONS = {"en": "english", "es": "spanish"}
_WRITE = """
UPDATE knowledge_knowledgechunk
SET headed = to_tsvector(%s::regconfig, %s), vector = to_tsvector(%s::regconfig, %s)
WHERE id = %s
"""
_PLACES = """(
    SELECT array_agg(id) FROM knowledge_knowledgechunk
    WHERE {column} @@ to_tsquery(configuration::regconfig, words)
        AND organization_id = %s AND collection_id = ANY(%s){documents}
)"""
_FIND = """
SELECT {headed}, {told}
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS sought (configuration, words, place)
ORDER BY place
"""


class PostgresStore:
    """Words as PostgreSQL's dictionaries of a language stem them."""

    def write(self, entries: Sequence[Entry], language: str) -> None:
        """Keep the words of parts that are new."""
        config = configuration(language)
        rows = [
            (config, for_index(each.heading, language, stems=False),
             config, for_index(each.body, language, stems=False), each.chunk_id)
            for each in entries
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(_WRITE, rows)

    @contextmanager
    def opened(self, scope: Scope) -> Iterator[Find]:
        """Return what finds words within a scope."""
        with transaction.atomic(), connection.cursor() as cursor:
            # What is dear about a scan of the table is to read the vectors, which the planner
            # does not count.
            cursor.execute("SET LOCAL enable_seqscan = off")
            yield partial(_find, cursor, scope)


def _find(cursor: Any, scope: Scope, sought: Sequence[AnyOf]) -> list[Places]:
    if not sought:
        return []
    where: list[Any] = [scope.organization_id, list(scope.collections)]
    narrowed = ""
    if scope.documents is not None:
        narrowed = " AND document_id = ANY(%s)"
        where.append(list(scope.documents))
    headed, told = (
        _PLACES.format(column=column, documents=narrowed) for column in ("headed", "vector")
    )
    asked = [_query(words, scope.language) for words in sought]
    by_kind = [list(each) for each in zip(*asked, strict=True)]
    cursor.execute(_FIND.format(headed=headed, told=told), [*where, *where, *by_kind])
    return [Places(headed or (), told or ()) for headed, told in cursor.fetchall()]


def _query(words: AnyOf, language: str) -> tuple[str, str]:
    """Return the configuration, and the query of any of these words."""
    if words[0].endswith("*"):
        return "simple", f"'{words[0][:-1]}':*"
    kept = (for_index(word, language, stems=False) for word in words)
    return configuration(language), " | ".join(f"'{word}'" for word in kept)


def configuration(language: str) -> str:
    """Return the name of PostgreSQL's dictionaries for a language."""
    return _CONFIGURATIONS.get(language, "simple")
