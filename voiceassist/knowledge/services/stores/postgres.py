"""Full text of PostgreSQL: tsvectors with a GIN index; imports Django's connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from voiceassist.knowledge.services.stores.types import (
    BODY,
    HEADING,
    Entry,
    Found,
    Scope,
    enough,
    ways,
)
from voiceassist.knowledge.words import Concept, for_index

_CONFIGURATIONS = {"en": "english", "es": "spanish"}
_WRITE = """
UPDATE knowledge_knowledgechunk
SET headed = to_tsvector(%s::regconfig, %s), vector = to_tsvector(%s::regconfig, %s)
WHERE id = %s
"""
_FROM = """
FROM knowledge_knowledgechunk WHERE {column} @@ to_tsquery(%s::regconfig, %s)
    AND organization_id = %s AND collection_id = ANY(%s){documents}
"""
_ONE = f"SELECT {{concept}} AS concept, id, {{share}}::float8 AS share {_FROM}"
_COUNT = f"(SELECT count(*) FROM (SELECT 1 {_FROM} LIMIT %s) AS counted)"  # noqa: S608 - ours
_SEARCH = """
WITH best AS (
    SELECT id, concept, max(share) AS share FROM ({hits}) AS hits GROUP BY id, concept
),
rarity AS (
    SELECT concept, ln((1 + greatest(0, %s - count(*) + 0.5) / (count(*) + 0.5))::float8) AS idf
    FROM best GROUP BY concept
)
SELECT id, sum(share * idf) FROM best JOIN rarity USING (concept)
GROUP BY id ORDER BY 2 DESC, 1 LIMIT %s
"""
_COLUMNS = (("headed", HEADING), ("vector", BODY))


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

    def search(self, scope: Scope, concepts: Sequence[Concept], limit: int) -> list[Found]:
        """Return the parts that hold most of the concepts, the best first."""
        with transaction.atomic(), connection.cursor() as cursor:
            # What is dear about a scan of the table is to read the vectors, which the planner
            # does not count; and a busy machine starts its workers later than it needs none.
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0"
            )
            hits: list[str] = []
            values: list[Any] = []
            for place, (concept, stands) in enumerate(_counted(cursor, scope, concepts)):
                for weight, words in ways(concept, stands, scope):
                    for column, share in _COLUMNS:
                        given = {"concept": place, "share": weight * share, "column": column}
                        hits.append(_in(_ONE, scope, **given))
                        values += [*_query(words, scope.language), *_where(scope)]
            statement = _SEARCH.format(hits=" UNION ALL ".join(hits))
            cursor.execute(statement, [*values, scope.parts, limit])
            return [Found(row[0], float(row[1])) for row in cursor.fetchall()]


def _counted(
    cursor: Any, scope: Scope, concepts: Sequence[Concept]
) -> Iterator[tuple[Concept, int]]:
    """Yield each concept with the number of parts that its own word stands in."""
    values: list[Any] = []
    for concept in concepts:
        values += [*_query((concept.word,), scope.language), *_where(scope), enough(scope)]
    counts = ", ".join([_in(_COUNT, scope, column="vector")] * len(concepts))
    cursor.execute(f"SELECT {counts}", values)
    yield from zip(concepts, cursor.fetchone() or (), strict=True)


def _in(statement: str, scope: Scope, **given: Any) -> str:
    documents = "" if scope.documents is None else " AND document_id = ANY(%s)"
    return statement.format(documents=documents, **given)


def _where(scope: Scope) -> list[Any]:
    documents = [] if scope.documents is None else [list(scope.documents)]
    return [scope.organization_id, list(scope.collections), *documents]


def _query(words: Sequence[str], language: str) -> tuple[str, str]:
    """Return the configuration, and the query of any of these words."""
    if words[0].endswith("*"):
        return "simple", f"'{words[0][:-1]}':*"
    kept = (for_index(word, language, stems=False) for word in words)
    return configuration(language), " | ".join(f"'{word}'" for word in kept)


def configuration(language: str) -> str:
    """Return the name of PostgreSQL's dictionaries for a language."""
    return _CONFIGURATIONS.get(language, "simple")
