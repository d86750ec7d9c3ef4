"""What was said, in conversation order, generated and heard; pure, imports only ports.

Caller's words arrive late (transcription is asynchronous): items are ordered by what they follow,
not by when their words came.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from calls.bridge.ports import Utterance

STEP = 1024  # room between neighbours, for items that are placed between them later


@dataclass(slots=True)
class Line:
    """One utterance while it grows."""

    item_id: str
    position: int
    role: str
    at_ms: int
    text: str = ""
    status: str = "in_progress"
    generated_ms: float = 0.0
    heard_ms: float = 0.0
    latency_ms: int | None = None
    whole: bool = True  # heard to its end

    def snapshot(self) -> Utterance:
        """Return the line as it stands now."""
        heard = self.text if self.whole else heard_words(self)
        return Utterance(
            self.item_id,
            self.position,
            self.role,
            self.text,
            heard,
            self.status,
            self.at_ms,
            round(self.generated_ms),
            round(self.heard_ms),
            self.latency_ms,
        )


def heard_words(line: Line) -> str:
    """Return the words of the text that fit into the part of the audio that was heard."""
    if line.generated_ms <= 0 or line.heard_ms <= 0:
        return ""
    words = line.text.split()
    total = sum(len(word) + 1 for word in words)
    reach = total * min(line.heard_ms / line.generated_ms, 1.0)
    kept: list[str] = []
    for word in words:
        reach -= len(word) + 1
        if reach < -0.5:
            break
        kept.append(word)
    return " ".join(kept)


@dataclass(slots=True)
class Transcript:
    """All lines of one stream, by item id."""

    offset: int = 0
    lines: dict[str, Line] = field(default_factory=dict)
    _positions: dict[str, int] = field(default_factory=dict)
    _taken: list[int] = field(default_factory=list)

    def place(self, item_id: str, previous: str | None) -> int:
        """Give an item its place after `previous`; it moves only if it stood before that."""
        before = self._positions.get(previous or "")
        known = self._positions.get(item_id)
        if known is not None and (before is None or before < known):
            return known
        position = self._after(before)
        self._positions[item_id] = position
        insort(self._taken, position)
        if item_id in self.lines:
            self.lines[item_id].position = position
        return position

    def _after(self, before: int | None) -> int:
        last = self._taken[-1] if self._taken else self.offset
        if before is None or before == last:
            return last + STEP
        following = next(p for p in self._taken if p > before)
        middle = (before + following) // 2
        return middle if middle > before else last + STEP

    def line(self, item_id: str, role: str, at_ms: float) -> Line:
        """Return the item's line, made now if it is new."""
        line = self.lines.get(item_id)
        if line is None:
            line = Line(item_id, self.place(item_id, None), role, max(round(at_ms), 0))
            self.lines[item_id] = line
        return line

    def known(self, item_id: str) -> Line | None:
        """Return the item's line, or None."""
        return self.lines.get(item_id)

    def open_lines(self) -> list[Line]:
        """Return the lines that are not final, in conversation order."""
        return sorted(
            (line for line in self.lines.values() if line.status == "in_progress"),
            key=lambda line: line.position,
        )
