"""Reading an answer's body up to a cap, before and after decompression; imports only zlib."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from voiceassist.foundation.outbound.errors import OutboundBroken, OutboundTooLarge

_CHUNK = 16_384
_STEP = 65_536


def read_body(response: Any, encoding: str, limit: int) -> bytes:
    """Return the decoded body of a urllib3 response that decodes nothing itself.

    Raises:
        OutboundTooLarge: more than `limit` bytes, as sent or once decompressed.
        OutboundBroken: an encoding that was not asked for, or broken compression.
    """
    chunks = _raw(response, limit)
    if encoding in ("", "identity"):
        return b"".join(chunks)
    if encoding not in ("gzip", "x-gzip"):
        raise OutboundBroken("The answer is compressed in a way that was not asked for.")
    return _inflate(chunks, limit)


def _raw(response: Any, limit: int) -> Iterator[bytes]:
    total = 0
    while chunk := response.read(_CHUNK, decode_content=False):
        total += len(chunk)
        if total > limit:
            raise OutboundTooLarge(f"The answer is larger than {limit:,} bytes.")
        yield chunk


def _inflate(chunks: Iterator[bytes], limit: int) -> bytes:
    inflater = zlib.decompressobj(31)
    body = bytearray()
    begun = False
    try:
        for chunk in chunks:
            begun = True
            for piece in _pieces(inflater, chunk):
                body += piece
                if len(body) > limit:
                    raise OutboundTooLarge(f"The answer is larger than {limit:,} bytes.")
            if inflater.unused_data:
                raise OutboundBroken("The answer goes on behind the end of its compression.")
    except zlib.error:
        raise OutboundBroken("The answer's compression is broken.") from None
    if begun and not inflater.eof:
        raise OutboundBroken("The answer ended in the middle.")
    return bytes(body)


def _pieces(inflater: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """Yield what a chunk becomes, in steps: 16 KB may stand for 16 MB."""
    while chunk:
        yield inflater.decompress(chunk, _STEP)
        chunk = inflater.unconsumed_tail
