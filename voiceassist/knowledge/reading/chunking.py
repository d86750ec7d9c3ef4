"""Cuts sections into parts of some 200 words that can be understood alone; imports the shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from voiceassist.knowledge.reading.types import Section, Unreadable

WORDS = 220
OVERLAP_WORDS = 40
CHARACTERS = 2_400
CHUNKS_MAX = 2_000
HEADING_MAX = 400
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Chunk:
    """A part: the headings above it as `A › B`, and its text."""

    heading: str
    text: str


def chunks(sections: Iterable[Section]) -> tuple[Chunk, ...]:
    """Return the parts of a document. Those of one section repeat a sentence or two of each other.

    Raises:
        Unreadable: they are more than CHUNKS_MAX.
    """
    found: list[Chunk] = []
    for section in sections:
        heading = " › ".join(section.headings)[:HEADING_MAX]
        for text in _cut(section.text):
            if len(found) == CHUNKS_MAX:
                raise Unreadable(
                    f"It has more than {CHUNKS_MAX:,} parts. Split it into several documents."
                )
            found.append(Chunk(heading, text))
    return tuple(found)


def _cut(text: str) -> Iterator[str]:
    piece: list[tuple[str, str]] = []
    for separator, sentence in _pieces(text):
        if piece and not _fits([*piece, (separator, sentence)]):
            yield _joined(piece)
            piece = _tail(piece)
            if not _fits([*piece, (separator, sentence)]):
                piece = []
        piece.append((separator, sentence))
    if piece:
        yield _joined(piece)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield (what stands before it, sentence), none longer than a part."""
    for paragraph in text.split("\n\n"):
        before = "\n\n"
        for line in paragraph.split("\n"):
            for sentence in _SENTENCE.split(line):
                for short in _short(sentence):
                    yield before, short
                    before = " "
            before = "\n"


def _short(sentence: str) -> Iterator[str]:
    words: list[str] = []
    for word in sentence.split():
        for start in range(0, len(word), CHARACTERS):
            part = word[start : start + CHARACTERS]
            if words and not _fits([("", " ".join([*words, part]))]):
                yield " ".join(words)
                words = []
            words.append(part)
    if words:
        yield " ".join(words)


def _fits(piece: list[tuple[str, str]]) -> bool:
    text = _joined(piece)
    return len(text) <= CHARACTERS and len(text.split()) <= WORDS


def _tail(piece: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the last sentences, as many as are repeated."""
    kept: list[tuple[str, str]] = []
    words = 0
    for separator, sentence in reversed(piece):
        words += len(sentence.split())
        if words > OVERLAP_WORDS:
            break
        kept.insert(0, (separator, sentence))
    return kept


def _joined(piece: list[tuple[str, str]]) -> str:
    return "".join(separator + sentence for separator, sentence in piece).strip()
