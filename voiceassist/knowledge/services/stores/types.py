"""What a database's full text takes and gives; standard library only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

AnyOf = tuple[str, ...]
"""Words any of which will do; one that ends with a star is a mere beginning and stands alone."""


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
class Places:
    """The parts that hold some words: in their headings, in their text."""

    headed: Collection[int]
    told: Collection[int]


Find = Callable[[Sequence[AnyOf]], list[Places]]
"""Returns where each of what is sought stands."""


class Store(Protocol):
    """Keeps what parts are found by."""

    def write(self, entries: Sequence[Entry], language: str) -> None:
        """Keep the words of parts that are new."""
        ...

    def opened(self, scope: Scope) -> AbstractContextManager[Find]:
        """Return what finds words within a scope."""
        ...
