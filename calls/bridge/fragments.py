"""Messages that come in several WebSocket frames; imports nothing."""

from __future__ import annotations


class Fragments:
    """Puts the frames of a message together.

    Args:
        most: bytes of a message; one that is longer is forgotten.

    `too_big` tells of the message that the latest frame belongs to.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts = bytearray()
        self._over = True
        self.too_big = False

    def joined(self, payload: bytes, *, last: bool) -> bytes | None:
        """Take a frame; return the message that it ends, or None while there is more to come."""
        if self._over:
            self._parts.clear()
            self.too_big = False
            if last:
                return payload
        self._over = last
        if not self.too_big:
            self._parts += payload
            self.too_big = len(self._parts) > self._most
        return bytes(self._parts) if last and not self.too_big else None
