"""Server-sent events out of pieces of bytes, with a limit on each. Pure."""

from __future__ import annotations

from collections.abc import Iterator

MAX_EVENT_BYTES = 2 << 20  # all arguments at once, escaped, and what is around them
_END = ord("\n")


class EventTooLarge(ValueError):
    """One event has no end, or is larger than any that makes sense."""


class EventReader:
    """Cuts a stream into the `data` of its events; other fields and comments are dropped."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._held = 0
        self._was_cr = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the data of each event that this piece completes.

        Raises:
            EventTooLarge: see the class.
        """
        if not piece:
            return
        begins_late = self._was_cr and piece[:1] == b"\n"
        self._was_cr = piece[-1:] == b"\r"
        if begins_late:
            piece = piece[1:]
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        seen, start = len(self._rest), 0
        self._rest += piece
        while (end := self._rest.find(_END, max(seen, start))) >= 0:
            line = bytes(self._rest[start:end])
            start = end + 1
            if line:
                self._take(line)
            elif self._data:
                yield self._event()
        del self._rest[:start]
        if self._held + len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLarge

    def finish(self) -> Iterator[bytes]:
        """Yield what the end of the stream completes: not every server ends its last event."""
        if self._rest:
            self._take(bytes(self._rest))
            self._rest.clear()
        if self._data:
            yield self._event()

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._held += len(value)
            if self._held > MAX_EVENT_BYTES:
                raise EventTooLarge
            self._data.append(value.removeprefix(b" "))

    def _event(self) -> bytes:
        data = b"\n".join(self._data)
        self._data.clear()
        self._held = 0
        return data


class WholeReader:
    """Takes an answer in one piece, from a server that does not stream."""

    def __init__(self) -> None:
        self._whole = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield nothing yet.

        Raises:
            EventTooLarge: it is larger than one event may be.
        """
        self._whole += piece
        if len(self._whole) > MAX_EVENT_BYTES:
            raise EventTooLarge
        yield from ()

    def finish(self) -> Iterator[bytes]:
        """Yield the whole."""
        yield bytes(self._whole)
