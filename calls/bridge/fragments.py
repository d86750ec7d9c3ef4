"""Messages that come in several WebSocket frames; imports nothing."""

from __future__ import annotations


class Fragments:
    """Puts the frames of a message together.

    Args:
        most: bytes of a message; of one that is longer the beginning is forgotten.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts = bytearray()
        self.too_big = False

    def joined(self, payload: bytes, *, last: bool) -> bytes | None:
        """Take a frame; return the message that it ends, or None while there is more to come."""
        if last and not self._parts:
            return payload
        self._parts += payload
        self.too_big = len(self._parts) > self._most
        if self.too_big or last:
            whole, self._parts = bytes(self._parts), bytearray()
            return None if self.too_big else whole
        return None
