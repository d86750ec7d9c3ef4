"""The tones of a phone's keys (DTMF, ITU-T Q.23) as 8 kHz μ-law; pure."""

from __future__ import annotations

import math
from functools import cache

RATE = 8_000
TONE_MS = 120
GAP_MS = 80
WAIT_MS = 500
LONGEST_MS = 8_000
SILENCE = b"\xff"
_LEVEL = 8_000  # of each of the two tones; about -12 dB below full scale, together -6
_LOW = (697, 770, 852, 941)
_HIGH = (1209, 1336, 1477)
_KEYS = ("123", "456", "789", "*0#")
_BIAS, _CLIP = 0x84, 32_635


def tones(keys: str) -> bytes:
    """Return keys as audio in whole frames of 20 ms; `w` is a pause.

    Raises:
        ValueError: see `check`.
    """
    check(keys)
    return b"".join(_sound(key) for key in keys.lower())


def check(keys: str) -> None:
    """Refuse what cannot be pressed at once.

    Raises:
        ValueError: there are none, a key that no phone has, or too many; the text says which.
    """
    if not keys:
        raise ValueError("Name the keys to press: 0-9, *, # and w for a pause.")
    wrong = sorted(set(keys.lower()) - set("0123456789*#w"))
    if wrong:
        raise ValueError(f"There is no key {wrong[0]!r}; use 0-9, *, # and w for a pause.")
    if length_ms(keys) > LONGEST_MS:
        raise ValueError(f"Press fewer keys at once: these take {length_ms(keys) / 1000:.1f} s.")


def length_ms(keys: str) -> int:
    """Return how long the keys sound."""
    waits = keys.lower().count("w")
    return waits * WAIT_MS + (len(keys) - waits) * (TONE_MS + GAP_MS)


@cache
def _sound(key: str) -> bytes:
    if key == "w":
        return SILENCE * (RATE * WAIT_MS // 1000)
    row = next(at for at, keys in enumerate(_KEYS) if key in keys)
    low, high = _LOW[row], _HIGH[_KEYS[row].index(key)]
    step = 2 * math.pi / RATE
    wave = bytes(
        mulaw(round(_LEVEL * (math.sin(low * step * at) + math.sin(high * step * at))))
        for at in range(RATE * TONE_MS // 1000)
    )
    return wave + SILENCE * (RATE * GAP_MS // 1000)


def mulaw(sample: int) -> int:
    """Return a 16-bit sample as one μ-law code, by ITU-T G.711."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF
