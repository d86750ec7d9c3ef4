"""Reads the words hidden in played audio, so that the caller knows what it hears. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from voiceassist.demo import watermark

WINDOW_BYTES = 40_000  # longer than the longest sentence needs to be read once
MS_PER_CHARACTER = 65  # of speech, roughly


@dataclass(frozen=True)
class Heard:
    """An utterance and when it begins to be played, in the caller's clock."""

    text: str
    begins: float

    def says_by(self, words: str) -> float | None:
        """Return about when `words` have been played; None: it does not say them."""
        at = self.text.lower().find(words.lower())
        if at < 0:
            return None
        return self.begins + (at + len(words)) * MS_PER_CHARACTER / 1000


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
