"""Full text of SQLite: an FTS5 table with Porter's stems; imports Django's connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

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

_FROM = """
FROM knowledge_index CROSS JOIN knowledge_knowledgechunk AS part ON part.id = knowledge_index.rowid
WHERE knowledge_index MATCH %s AND part.organization_id = %s
    AND part.collection_id IN ({collections}){documents}
"""
_ONE = f"SELECT {{concept}} AS concept, part.id AS id, {{share}} AS share {_FROM}"
_COUNT = f"(SELECT count(*) FROM (SELECT 1 {_FROM} LIMIT %s) AS counted)"  # noqa: S608 - ours
_SEARCH = """
WITH best AS (SELECT id, concept, max(share) AS share FROM ({hits}) GROUP BY id, concept),
rarity AS (
    SELECT concept, ln(1 + max(0, %s - count(*) + 0.5) / (count(*) + 0.5)) AS idf
    FROM best GROUP BY concept
)
SELECT id, sum(share * idf) FROM best JOIN rarity USING (concept)
GROUP BY id ORDER BY 2 DESC, 1 LIMIT %s
"""


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
        for place, (concept, stands) in enumerate(self._counted(scope, concepts)):
            for weight, words in ways(concept, stands, scope):
                match = _match(words, scope.language)
                for column, share in (("heading", HEADING), ("body", BODY)):
                    hits.append(_in(_ONE, scope, concept=place, share=weight * share))
                    values += [f"{column} : ({match})", scope.organization_id]
        statement = _SEARCH.format(hits=" UNION ALL ".join(hits))
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, scope.parts, limit])
            return [Found(row[0], float(row[1])) for row in cursor.fetchall()]

    def _counted(self, scope: Scope, concepts: Sequence[Concept]) -> Iterator[tuple[Concept, int]]:
        """Yield each concept with the number of parts that its own word stands in."""
        one = _in(_COUNT, scope)
        values: list[Any] = []
        for concept in concepts:
            match = _match((concept.word,), scope.language)
            values += [match, scope.organization_id, enough(scope)]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join([one] * len(concepts))}", values)
            yield from zip(concepts, cursor.fetchone() or (), strict=True)


def _in(statement: str, scope: Scope, **given: Any) -> str:
    # Whole numbers of our own rows, which need no quoting; there may be more than parameters.
    documents = ""
    if scope.documents is not None:
        documents = f" AND part.document_id IN ({', '.join(map(str, scope.documents))})"
    collections = ", ".join(map(str, scope.collections))
    return statement.format(collections=collections, documents=documents, **given)


def _match(words: Sequence[str], language: str) -> str:
    if words[0].endswith("*"):
        return f"{_phrase(words[0][:-1])} *"
    return " OR ".join(_phrase(for_index(word, language, stems=True)) for word in words)


def _phrase(words: str) -> str:
    return '"{}"'.format(words.replace('"', ""))
