"""Reading an answer's body up to a cap, before and after decompression; imports urllib3."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from urllib3.exceptions import HTTPError

from voiceassist.foundation.outbound.errors import OutboundBroken, OutboundTooLarge

_CHUNK = 16_384
_STEP = 65_536
_END_SECONDS = 0.02
"""A stream that ends with the awaited event does so at once; its connection can be kept."""

Enough = Callable[[bytes], bool]
"""Given each piece of a stream in order: whether no more of it is needed."""


@dataclass(frozen=True)
class Body:
    """What was read; not `whole` where more may follow on the connection."""

    content: bytes
    whole: bool = True


def is_stream(headers: Mapping[str, str]) -> bool:
    """Return whether an answer is a stream of events, which its server may keep open."""
    kind = headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "text/event-stream"


def read_body(response: Any, encoding: str, limit: int, enough: Enough | None = None) -> Body:
    """Return the decoded body of a urllib3 response that decodes nothing itself.

    Args:
        enough: ends the reading before the body does; pieces come as the server sends them.

    Raises:
        OutboundTooLarge: more than `limit` bytes, as sent or once decompressed.
        OutboundBroken: an encoding that was not asked for, or broken compression.
    """
    chunks = _raw(response, limit, at_once=enough is not None)
    if encoding not in ("", "identity"):
        if encoding not in ("gzip", "x-gzip"):
            raise OutboundBroken("The answer is compressed in a way that was not asked for.")
        chunks = _inflated(chunks, limit)
    read = []
    for piece in chunks:
        read.append(piece)
        if enough is not None and enough(piece):
            return Body(b"".join(read), whole=_ends(response))
    return Body(b"".join(read))


def _raw(response: Any, limit: int, *, at_once: bool) -> Iterator[bytes]:
    total = 0
    read = response.read1 if at_once else response.read
    while chunk := read(_CHUNK, decode_content=False):
        total += len(chunk)
        if total > limit:
            raise OutboundTooLarge(f"The answer is larger than {limit:,} bytes.")
        yield chunk


def _ends(response: Any) -> bool:
    """Return whether nothing more comes; waits for that only a moment."""
    connection = response.connection
    sock = None if connection is None else connection.sock
    if sock is None:
        return False
    before = sock.gettimeout()
    try:
        sock.settimeout(_END_SECONDS)
        return bool(response.read1(1, decode_content=False) == b"")
    except (HTTPError, OSError):
        return False
    finally:
        if sock.fileno() >= 0:
            sock.settimeout(before)


def _inflated(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(31)
    total, begun = 0, False
    try:
        for chunk in chunks:
            begun = True
            for piece in _pieces(inflater, chunk):
                total += len(piece)
                if total > limit:
                    raise OutboundTooLarge(f"The answer is larger than {limit:,} bytes.")
                yield piece
            if inflater.unused_data:
                raise OutboundBroken("The answer goes on behind the end of its compression.")
    except zlib.error:
        raise OutboundBroken("The answer's compression is broken.") from None
    if begun and not inflater.eof:
        raise OutboundBroken("The answer ended in the middle.")


def _pieces(inflater: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """Yield what a chunk becomes, in steps: 16 KB may stand for 16 MB."""
    while chunk:
        yield inflater.decompress(chunk, _STEP)
        chunk = inflater.unconsumed_tail
