"""What a database's full text takes and gives; imports the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from voiceassist.knowledge.words import Concept

WEIGHTS = (1.0, 0.5, 0.2)
"""What counts the word itself, one that says the same, and one that begins the same."""


@dataclass(frozen=True)
class Entry:
    """A part as it is found by: its row, its headings with the document's title, its text."""

    chunk_id: int
    heading: str
    body: str


@dataclass(frozen=True)
class Scope:
    """Where is searched: collections of one language, documents where a category is named.

    `parts` is how many there are altogether, so that rare words can count more.
    """

    organization_id: int
    language: str
    collections: tuple[int, ...]
    documents: tuple[int, ...] | None
    parts: int


@dataclass(frozen=True)
class Found:
    """A part that holds some of what was asked for; `score` compares within one search."""

    chunk_id: int
    score: float


class Store(Protocol):
    """Keeps what parts are found by."""

    def write(self, entries: Sequence[Entry], language: str) -> None:
        """Keep the words of parts that are new."""
        ...

    def search(self, scope: Scope, concepts: Sequence[Concept], limit: int) -> list[Found]:
        """Return the parts that hold most of the concepts, the best first.

        A part counts each concept once, by its best word; rare words count more, and words of a
        heading more than those of the text.
        """
        ...


def ways(concept: Concept) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield (place in WEIGHTS, words any of which will do); a mere beginning ends with a star."""
    yield 0, (concept.word,)
    if concept.same:
        yield 1, concept.same
    if concept.prefix:
        yield 2, (f"{concept.prefix}*",)
