"""Measuring stamps inside 20 ms of μ-law; imports only the standard library.

The stamps travel through the bridge as sound does, so that what is measured is what a caller
hears: which call a frame belongs to, its number, and when each end held it (monotonic ns, one
machine). The fake model fills in its two times, so that its own work can be taken away.
"""

import struct
from dataclasses import dataclass

FRAME_BYTES = 160
_STAMP = struct.Struct("<4sIIqqq")
_MODEL_TIMES = struct.Struct("<qq")
_MODEL_OFFSET = _STAMP.size - _MODEL_TIMES.size
_MAGIC = b"\xd5VA\xd5"
_SILENCE = b"\xff" * (FRAME_BYTES - _STAMP.size)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose frame it is and when it was where, in ns."""

    call: int
    number: int
    sent: int
    model_received: int
    model_sent: int


def make(call: int, number: int, sent: int) -> bytes:
    """Return a frame as a caller sends it."""
    return _STAMP.pack(_MAGIC, call, number, sent, 0, 0) + _SILENCE


def answer(sound: bytes, received: int, sent: int) -> bytearray:
    """Return the caller's sound with the model's times written into each frame of it."""
    stamped = bytearray(sound)
    for start in range(0, len(stamped) - _STAMP.size + 1, FRAME_BYTES):
        if stamped[start : start + 4] == _MAGIC:
            _MODEL_TIMES.pack_into(stamped, start + _MODEL_OFFSET, received, sent)
    return stamped


def read(sound: bytes) -> list[Stamp]:
    """Return the stamps of the frames in `sound`; frames without one are left out."""
    stamps = []
    for start in range(0, len(sound) - _STAMP.size + 1, FRAME_BYTES):
        magic, *values = _STAMP.unpack_from(sound, start)
        if magic == _MAGIC:
            stamps.append(Stamp(*values))
    return stamps
