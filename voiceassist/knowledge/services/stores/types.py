"""What a database's full text takes and gives; imports the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from voiceassist.knowledge.words import Concept

SAME, PREFIX = 0.5, 0.2
"""What counts a word that says the same, and one that begins the same, beside the word itself."""
COMMON = 0.08
"""The share of parts from which on a word is common."""
HEADING, BODY = 0.6, 0.2
"""What a word counts in a heading, and in the text."""


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


def enough(scope: Scope) -> int:
    """Return in how many parts a word must stand for its synonyms to be left out."""
    return max(1, int(scope.parts * COMMON))


def ways(concept: Concept, stands: int, scope: Scope) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Yield (weight, words any of which will do); a mere beginning ends with a star.

    What says the same is looked for where the word itself is rare, for beside a common word it
    only brings noise; beginnings where it stands nowhere.

    Args:
        stands: in how many parts the word itself stands, counted up to `enough`.
    """
    yield 1.0, (concept.word,)
    if concept.same and stands < enough(scope):
        yield SAME, concept.same
    if concept.prefix and not stands:
        yield PREFIX, (f"{concept.prefix}*",)
