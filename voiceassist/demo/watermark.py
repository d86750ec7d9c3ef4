"""Words hidden in the least significant bit of μ-law samples, so that hearing is real.

The simulated caller marks what it says and the stand-in model reads it back out of the audio it
was given: words travel through the product's audio path or not at all. Pure; no I/O.
Frame: magic, serial (1 byte), length (2 bytes), `scenario NUL text` in UTF-8, CRC-32, repeated.
"""

import binascii
from dataclasses import dataclass

MAGIC = b"\xd5\x2a\x9c"
_HEAD = len(MAGIC) + 3
_CRC = 4
MAX_PAYLOAD = 4000

_CLEAR = bytes(byte & 0xFE for byte in range(256))
_LOW_BIT = bytes(byte & 1 for byte in range(256))
_DIGIT = bytes.maketrans(b"\x00\x01", b"01")
_SPREAD = [bytes(int(digit) for digit in f"{byte:08b}") for byte in range(256)]


def _spread(data: bytes) -> bytes:
    return b"".join([_SPREAD[byte] for byte in data])


_MAGIC_BITS = _spread(MAGIC)


@dataclass(frozen=True)
class Mark:
    """What was hidden: the words, which utterance of its speaker it is, and the script in use."""

    text: str
    serial: int = 0
    scenario: str = ""


def _frame(mark: Mark) -> bytes:
    payload = f"{mark.scenario}\0{mark.text}".encode()
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"At most {MAX_PAYLOAD} bytes of text can be hidden in one utterance.")
    head = MAGIC + bytes([mark.serial & 0xFF]) + len(payload).to_bytes(2, "big")
    body = head + payload
    return body + binascii.crc32(body).to_bytes(_CRC, "big")


def embed(mulaw: bytes, mark: Mark) -> bytes:
    """`mulaw` with `mark` hidden in it again and again; lengthened where one would not fit.

    Raises: ValueError: the text is too long.
    """
    bits = _spread(_frame(mark))
    length = max(len(mulaw), len(bits))
    carrier = mulaw.ljust(length, b"\xff").translate(_CLEAR)
    hidden = (bits * (length // len(bits) + 1))[:length]
    merged = int.from_bytes(carrier, "big") | int.from_bytes(hidden, "big")
    return merged.to_bytes(length, "big")


def _bytes_at(bits: bytes, start: int, count: int) -> bytes:
    digits = bits[start : start + 8 * count].translate(_DIGIT)
    return int(digits, 2).to_bytes(count, "big") if len(digits) == 8 * count else b""


def _read(bits: bytes, start: int) -> tuple[Mark, int] | None:
    head = _bytes_at(bits, start, _HEAD)
    if not head:
        return None
    length = int.from_bytes(head[-2:], "big")
    if length > MAX_PAYLOAD:
        return None
    total = _HEAD + length + _CRC
    frame = _bytes_at(bits, start, total)
    if not frame or binascii.crc32(frame[:-_CRC]) != int.from_bytes(frame[-_CRC:], "big"):
        return None
    try:
        scenario, _, text = frame[_HEAD:-_CRC].decode().partition("\0")
    except UnicodeDecodeError:
        return None
    return Mark(text=text, serial=head[-3], scenario=scenario), start + 8 * total


def extract(mulaw: bytes) -> list[Mark]:
    """Every utterance hidden in some audio, in order, each once; empty for unmarked audio."""
    bits = mulaw.translate(_LOW_BIT)
    found: list[Mark] = []
    position = bits.find(_MAGIC_BITS)
    while position >= 0:
        read = _read(bits, position)
        if read is None:
            position += 1
        else:
            mark, position = read
            if not found or found[-1] != mark:
                found.append(mark)
        position = bits.find(_MAGIC_BITS, position)
    return found
