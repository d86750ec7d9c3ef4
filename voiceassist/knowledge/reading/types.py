"""What reading a file gives; imports nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

TEXT_MAX = 2_000_000
PAGES_MAX = 1_000


class Unreadable(Exception):
    """The file cannot be read; the message says why and how to mend it."""


@dataclass(frozen=True)
class Section:
    """Text under one path of headings; paragraphs are separated by an empty line."""

    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Reading:
    """A file's sections in order, and the title that it gives itself, or ""."""

    sections: tuple[Section, ...]
    title: str = ""


@dataclass
class Outline:
    """Collects sections while a file is read from top to bottom.

    Raises:
        Unreadable: from `add`, where the file holds more text than is kept.
    """

    _path: list[tuple[int, str]] = field(default_factory=list)
    _sections: list[Section] = field(default_factory=list)
    _paragraphs: list[str] = field(default_factory=list)
    _size: int = 0

    def heading(self, level: int, text: str) -> None:
        """Begin a section below the headings of smaller levels."""
        self._close()
        words = " ".join(text.split())[:200]
        self._path = [each for each in self._path if each[0] < level]
        if words:
            self._path.append((level, words))

    def add(self, paragraph: str) -> None:
        """Add a paragraph to the section."""
        words = paragraph.strip()
        if not words:
            return
        self._size += len(words)
        if self._size > TEXT_MAX:
            raise Unreadable(
                f"It holds more than {TEXT_MAX:,} characters of text. Split it into several."
            )
        self._paragraphs.append(words)

    def sections(self) -> tuple[Section, ...]:
        """Return what was collected; headings without text count as none."""
        self._close()
        return tuple(self._sections)

    def _close(self) -> None:
        if self._paragraphs:
            headings = tuple(text for _level, text in self._path)
            self._sections.append(Section(headings, "\n\n".join(self._paragraphs)))
            self._paragraphs = []
