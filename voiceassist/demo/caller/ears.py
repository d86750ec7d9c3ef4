"""Reads the words hidden in played audio, so that the caller knows what it hears. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from voiceassist.demo import watermark

WINDOW_BYTES = 40_000  # longer than the longest sentence needs to be read once
MS_PER_CHARACTER = 65  # of speech, roughly


@dataclass(frozen=True)
class Heard:
    """An utterance, when it begins to be played, and when it was cut off, if it was."""

    text: str
    begins: float
    until: float = math.inf

    def says_by(self, words: str) -> float | None:
        """Return about when `words` have been played; None: they never are."""
        at = self.text.lower().find(words.lower())
        when = self.begins + (at + len(words)) * MS_PER_CHARACTER / 1000
        return None if at < 0 or when > self.until else when


class Ears:
    """Takes audio in any pieces; a repeated mark of one utterance counts once."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._window = b""
        self._begins = 0.0
        self._last: watermark.Mark | None = None

    def listen(self, audio: bytes, begins: float, *, fresh: bool) -> list[Heard]:
        """Return utterances that begin in this piece; `fresh`: it follows silence."""
        if fresh:
            self._window, self._last = b"", None
        if not self._window:
            self._begins = begins
        self._window += audio
        marks = watermark.extract(self._window)
        if not marks:
            self._window = self._window[-WINDOW_BYTES:]
            return []
        new = []
        for mark in marks:
            if mark != self._last:
                self._last = mark
                new.append(Heard(mark.text, self._begins))
        self._window = b""
        self.heard += new
        return new

    def cut(self, now: float) -> None:
        """Forget what will not be heard, since the buffer was cleared."""
        self.heard = [
            replace(each, until=min(each.until, now)) for each in self.heard if each.begins <= now
        ]
        self._window, self._last = b"", None
