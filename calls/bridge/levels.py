"""How loud both sides are, measured only while somebody looks on; pure."""

from __future__ import annotations

import base64
import binascii
import math

from calls.bridge.playback import Playback
from calls.bridge.ports import Journal

SILENT_DB = -60.0
EVERY_MS = 200


def _magnitude(code: int) -> int:
    """Return the linear magnitude (0..32124) of one μ-law code, by ITU-T G.711."""
    value = ~code & 0xFF
    return (((value & 0x0F) << 3) + 0x84 << ((value & 0x70) >> 4)) - 0x84


# Magnitudes on 256 steps: `bytes.translate` and `max` then find a frame's peak in C.
_STEPS = bytes(min(_magnitude(code) // 126, 255) for code in range(256))


def peak_db(payload: str) -> float:
    """Return the peak of base64 μ-law in dB below full scale, at least -60; unreadable: -60."""
    try:
        raw = base64.b64decode(payload)
    except (binascii.Error, ValueError):
        return SILENT_DB
    peak = max(raw.translate(_STEPS), default=0)
    if peak == 0:
        return SILENT_DB
    return max(round(20 * math.log10(peak / 255), 1), SILENT_DB)


class LevelMeter:
    """Reports both sides' levels a few times a second."""

    def __init__(self, journal: Journal, playback: Playback) -> None:
        self._journal = journal
        self._playback = playback
        self._reported_ms = 0.0
        self._assistant_db = SILENT_DB

    def assistant(self, payload: str) -> None:
        """Take a piece of what the assistant says."""
        if self._journal.watched():
            self._assistant_db = peak_db(payload)

    def caller(self, payload: str, timestamp_ms: float, *, speaking: bool) -> None:
        """Take a frame of the caller, and report if it is time."""
        if timestamp_ms - self._reported_ms < EVERY_MS:
            return
        self._reported_ms = timestamp_ms
        if not self._journal.watched():
            return
        playing = self._playback.busy()
        who = "caller" if speaking else "assistant" if playing else ""
        assistant_db = self._assistant_db if playing else SILENT_DB
        self._journal.level(peak_db(payload), assistant_db, who)
