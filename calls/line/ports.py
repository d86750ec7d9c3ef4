"""What a stream and the phone's socket know of each other; imports nothing."""

from __future__ import annotations

from typing import Protocol


class Ears(Protocol):
    """Who takes what the phone sends; called on the loop."""

    def heard(self, message: bytes) -> None:
        """Take a text message, as UTF-8."""

    def unreadable(self, why: str) -> None:
        """Take note of a message that is no text."""

    def gone(self, code: int) -> None:
        """Take note, once, that the phone closed or was lost; with a WebSocket close code."""


class Line(Protocol):
    """The socket of one phone."""

    async def open(self, ears: Ears) -> None:
        """Accept the handshake; from now on messages come."""

    def send(self, text: str) -> None:
        """Send a message, or queue it while the phone reads nothing; never blocks."""

    @property
    def waiting(self) -> int:
        """How many messages wait until the phone reads again."""

    @property
    def written(self) -> int:
        """A number that grows as long as what waits gets away."""

    def close(self) -> None:
        """Begin to close; nothing is heard or sent any more."""

    async def closed(self) -> None:
        """Return once the socket is closed, by force where the phone does not answer."""
