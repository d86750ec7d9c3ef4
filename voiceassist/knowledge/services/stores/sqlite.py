"""Full text of SQLite: an FTS5 table with Porter's stems; imports Django's connection."""

from __future__ import annotations

import json
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

_ONE = """
SELECT {concept} AS concept, rowid AS id, {share} AS share
FROM knowledge_index WHERE knowledge_index MATCH %s
"""
_SEARCH = """
WITH best AS (SELECT id, concept, max(share) AS share FROM ({hits}) GROUP BY id, concept),
rarity AS (
    SELECT concept, ln(1 + max(0, %s - count(*) + 0.5) / (count(*) + 0.5)) AS idf
    FROM best GROUP BY concept
),
sums AS (SELECT id, sum(share * idf) AS score FROM best JOIN rarity USING (concept) GROUP BY id)
SELECT sums.id, sums.score FROM sums CROSS JOIN knowledge_knowledgechunk AS part
WHERE part.id = sums.id AND part.organization_id = %s
    AND part.collection_id IN (SELECT value FROM json_each(%s)){documents}
ORDER BY 2 DESC, 1 LIMIT %s
"""
_COLUMNS = (("heading", 0.61), ("body", 0.2))
"""What a word counts in a heading and in the text, as PostgreSQL's ranking has it."""


class SqliteStore:
    """Words as FTS5 stems them in English; Spanish ones are cut before they come here."""

    def write(self, entries: Sequence[Entry], language: str) -> None:
        """Keep the words of parts that are new."""
        rows = [
            (each.chunk_id, for_index(each.heading, language, stems=True),
             for_index(each.body, language, stems=True))
            for each in entries
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT OR REPLACE INTO knowledge_index (rowid, heading, body) VALUES (%s, %s, %s)",
                rows,
            )

    def search(self, scope: Scope, concepts: Sequence[Concept], limit: int) -> list[Found]:
        """Return the parts that hold most of the concepts, the best first."""
        hits: list[str] = []
        values: list[Any] = []
        for place, concept in enumerate(concepts):
            for way, words in ways(concept):
                match = _match(words, scope.language)
                for column, share in _COLUMNS:
                    hits.append(_ONE.format(concept=place, share=WEIGHTS[way] * share))
                    values.append(f"{column} : ({match})")
        documents = ""
        values += [scope.parts, scope.organization_id, json.dumps(scope.collections)]
        if scope.documents is not None:
            documents = " AND part.document_id IN (SELECT value FROM json_each(%s))"
            values.append(json.dumps(scope.documents))
        statement = _SEARCH.format(hits=" UNION ALL ".join(hits), documents=documents)
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, limit])
            return [Found(row[0], float(row[1])) for row in cursor.fetchall()]


def _match(words: Sequence[str], language: str) -> str:
    if words[0].endswith("*"):
        return f"{_phrase(words[0][:-1])} *"
    return " OR ".join(_phrase(for_index(word, language, stems=True)) for word in words)


def _phrase(words: str) -> str:
    return '"{}"'.format(words.replace('"', ""))
