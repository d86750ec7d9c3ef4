"""Full text of SQLite: FTS5 tables with Porter's stems; imports Django's connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection

from voiceassist.knowledge.services.stores.types import AnyOf, Entry, Find, Places, Scope
from voiceassist.knowledge.words import for_index

_TABLES = ("knowledge_headings", "knowledge_texts")
_WRITE = "INSERT OR REPLACE INTO {table} (rowid, words) VALUES (%s, %s)"
_FIND = "SELECT group_concat(rowid) FROM {table} WHERE {table} MATCH %s"
_PARTS = "SELECT group_concat(id) FROM knowledge_knowledgechunk WHERE {column} IN ({ids})"


class SqliteStore:
    """Words as FTS5 stems them in English; Spanish ones are cut before they come here."""

    def write(self, entries: Sequence[Entry], language: str) -> None:
        """Keep the words of parts that are new."""
        headings = [(each.chunk_id, each.heading) for each in entries]
        texts = [(each.chunk_id, each.body) for each in entries]
        with connection.cursor() as cursor:
            for table, rows in zip(_TABLES, (headings, texts), strict=True):
                kept = [(pk, for_index(text, language, stems=True)) for pk, text in rows]
                cursor.executemany(_WRITE.format(table=table), kept)

    @contextmanager
    def opened(self, scope: Scope) -> Iterator[Find]:
        """Return what finds words within a scope."""
        with connection.cursor() as cursor:
            yield partial(_find, cursor, scope.language, _parts(cursor, scope))


def _find(
    cursor: Any, language: str, within: frozenset[int], sought: Sequence[AnyOf]
) -> list[Places]:
    def standing(table: str, words: AnyOf) -> frozenset[int]:
        cursor.execute(_FIND.format(table=table), [_match(words, language)])
        return within.intersection(_numbers(cursor))

    headings, texts = _TABLES
    return [Places(standing(headings, words), standing(texts, words)) for words in sought]


def _parts(cursor: Any, scope: Scope) -> frozenset[int]:
    # Whole numbers of our own rows, which need no quoting; there may be more than parameters. An
    # index alone answers this: which organization a collection is of was looked up before.
    column, ids = "collection_id", scope.collections
    if scope.documents is not None:
        column, ids = "document_id", scope.documents
    cursor.execute(_PARTS.format(column=column, ids=", ".join(map(str, ids))))
    return frozenset(_numbers(cursor))


def _numbers(cursor: Any) -> Iterable[int]:
    (listed,) = cursor.fetchone()
    return map(int, listed.split(",")) if listed else ()


def _match(words: AnyOf, language: str) -> str:
    if words[0].endswith("*"):
        return f"{_phrase(words[0][:-1])} *"
    return " OR ".join(_phrase(for_index(word, language, stems=True)) for word in words)


def _phrase(words: str) -> str:
    return '"{}"'.format(words.replace('"', ""))
