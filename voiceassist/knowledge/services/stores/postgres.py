"""Full text of PostgreSQL: tsvectors with a GIN index; imports Django's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from voiceassist.knowledge.services.stores.types import (
    WEIGHTS,
    Entry,
    Found,
    Scope,
    ways,
)
from voiceassist.knowledge.words import Concept, for_index

_CONFIGURATIONS = {"en": "english", "es": "spanish"}
_WRITE = """
UPDATE knowledge_knowledgechunk
SET vector = setweight(to_tsvector(%s::regconfig, %s), 'A')
    || setweight(to_tsvector(%s::regconfig, %s), 'C')
WHERE id = %s
"""
_ONE = """
SELECT {concept} AS concept, id,
    {weight} * least(1.0, {words} * ts_rank('{{0.1, 0.3, 0.5, 1.0}}', vector, {query}, 0)) AS share
FROM knowledge_knowledgechunk
WHERE vector @@ {query} AND organization_id = %s AND collection_id = ANY(%s){documents}
"""
_SEARCH = """
WITH best AS (
    SELECT id, concept, max(share) AS share FROM ({hits}) AS hits GROUP BY id, concept
),
rarity AS (
    SELECT concept, ln(1 + greatest(0, %s - count(*) + 0.5) / (count(*) + 0.5)) AS idf
    FROM best GROUP BY concept
)
SELECT id, sum(share * idf) FROM best JOIN rarity USING (concept)
GROUP BY id ORDER BY 2 DESC, 1 LIMIT %s
"""


class PostgresStore:
    """Words as PostgreSQL's dictionaries of a language stem them."""

    def write(self, entries: Sequence[Entry], language: str) -> None:
        """Keep the words of parts that are new."""
        config = _CONFIGURATIONS.get(language, "simple")
        rows = [
            (config, for_index(each.heading, language, stems=False),
             config, for_index(each.body, language, stems=False), each.chunk_id)
            for each in entries
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(_WRITE, rows)

    def search(self, scope: Scope, concepts: Sequence[Concept], limit: int) -> list[Found]:
        """Return the parts that hold most of the concepts, the best first."""
        config = _CONFIGURATIONS.get(scope.language, "simple")
        hits: list[str] = []
        values: list[Any] = []
        asked = ((place, *way) for place, each in enumerate(concepts) for way in ways(each))
        for place, way, words in asked:
            query, given = _query(words, config, scope.language)
            documents = "" if scope.documents is None else " AND document_id = ANY(%s)"
            hits.append(_ONE.format(
                concept=place, weight=WEIGHTS[way], words=len(words), query=query,
                documents=documents,
            ))  # fmt: skip
            values += [*given, *given, scope.organization_id, list(scope.collections)]
            values += [] if scope.documents is None else [list(scope.documents)]
        statement = _SEARCH.format(hits=" UNION ALL ".join(hits))
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, scope.parts, limit])
            return [Found(row[0], float(row[1])) for row in cursor.fetchall()]


def _query(words: Sequence[str], config: str, language: str) -> tuple[str, list[str]]:
    if words[0].endswith("*"):
        return "to_tsquery('simple', %s)", [f"{words[0][:-1]}:*"]
    one = f"plainto_tsquery('{config}', %s)"
    return (
        f"({' || '.join([one] * len(words))})",
        [for_index(word, language, stems=False) for word in words],
    )
