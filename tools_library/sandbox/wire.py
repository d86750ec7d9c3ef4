"""The wire between parent and child: a length and JSON, never pickle; imports only the stdlib.

The parent takes every frame of a child for hostile: it is measured before it is parsed, its depth
and kind are checked, and what no store takes (NaN, NUL, lone surrogates) is cleaned out of it.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
from typing import Any

from tools_library.sandbox import limits

HEADER = struct.Struct("!I")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INTEGER_BITS = 1_024
_JSON = json.JSONEncoder(separators=(",", ":"))

Message = dict[str, Any]


class WireError(Exception):
    """What arrived is not a message."""


class TooLarge(WireError):
    """A message is longer than its limit."""


def encode(message: Message, limit: int) -> bytes:
    """Return the message as a frame.

    Raises:
        TooLarge: it is longer than `limit` bytes.
        TypeError, ValueError, RecursionError: it cannot be JSON.
    """
    # Escaped to ASCII, so that lone surrogates travel and are judged where they are cleaned.
    body = _JSON.encode(message).encode("ascii")
    if len(body) > limit:
        raise TooLarge(f"{len(body):,} bytes are more than the {limit:,} allowed")
    return HEADER.pack(len(body)) + body


def decode(body: bytes | bytearray) -> Message:
    """Return a message of a child, cleaned.

    Raises:
        WireError: not JSON, nested too deep, or not an object with a `kind`.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {type(error).__name__}") from None
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise WireError("not a message")
    cleaned: Message = _clean(message, limits.DEPTH + 2)
    return cleaned


def clean_text(text: str) -> str:
    """Return the text without NUL and with lone surrogates replaced."""
    return _UNSTORABLE.sub(lambda found: "" if found.group() == "\x00" else "\ufffd", text)


def _clean(value: Any, depth: int) -> Any:
    if depth < 0:
        raise WireError("nested too deep")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _clean(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner, depth - 1) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and value.bit_length() > _INTEGER_BITS:
        raise WireError("a number has too many digits")
    return value


class Frames:
    """Cuts what a child sends into messages; holds at most one frame beyond what was read.

    Args:
        limit: bytes of one frame, judged by its header, before anything is parsed.
        total: bytes of all frames of one child.
    """

    def __init__(self, limit: int, total: int) -> None:
        self._limit = limit
        self._left = total
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take bytes as they arrived.

        Raises:
            TooLarge: the child has sent more than it may in all.
        """
        self._left -= len(chunk)
        if self._left < 0:
            raise TooLarge("more bytes than a run may send")
        self._buffer += chunk

    def next(self) -> Message | None:
        """Return the next whole message, or None until more arrives.

        Raises:
            WireError: what arrived is not a message.
        """
        buffer = self._buffer
        if len(buffer) < HEADER.size:
            return None
        (length,) = HEADER.unpack_from(buffer)
        if length > self._limit:
            raise TooLarge(f"a frame of {length:,} bytes")
        end = HEADER.size + length
        if len(buffer) < end:
            return None
        body = buffer[HEADER.size : end]
        del buffer[:end]
        return decode(body)


def send(fd: int, frame: bytes) -> None:
    """Write a whole frame to a blocking socket; the child's side."""
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(fd, rest) :]


def receive(fd: int) -> Message:
    """Read one message of the parent from a blocking socket; the child's side.

    Raises:
        EOFError: the parent is gone.
    """
    (length,) = HEADER.unpack(_exactly(fd, HEADER.size))
    message: Message = json.loads(_exactly(fd, length))
    return message


def _exactly(fd: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.read(fd, min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
