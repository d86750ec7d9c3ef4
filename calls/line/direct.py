"""A phone's socket without ASGI between: frames come by callback, and go out at once.

ASGI takes a queue, two tasks and two changes of what the loop waits for per message; that was a
third of what a live call costs. Imports picows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSProtocolError, WSTransport

from calls.bridge.fragments import Fragments
from calls.line.ports import Ears

TAKE_OVER = "voiceassist.take_over"
"""The extension of an ASGI scope that a server offers: a function that accepts the handshake and
gives the connection to a listener; it returns False where the client has gone."""

MESSAGE_MAX = 256 * 1024
NO_CODE = 1005
_LOST = 1006
_CLOSES_WITHIN_S = 3.0

TakeOver = Callable[[WSListener], bool]


class DirectLine(WSListener):
    """Implements `ports.Line` on a connection that it takes over from the server."""

    def __init__(self, take_over: TakeOver) -> None:
        self._take_over = take_over
        self._ears: Ears | None = None
        self._transport: WSTransport | None = None
        self._fragments = Fragments(MESSAGE_MAX)
        self._outbox: deque[str] = deque()
        self._paused = False
        self._closed = asyncio.Event()
        self.written = 0

    # --- ports.Line -----------------------------------------------------------------------

    async def open(self, ears: Ears) -> None:
        """Accept the handshake."""
        self._ears = ears
        taken = False
        try:
            taken = self._take_over(self)
        finally:
            if not taken:
                self._closed.set()
                self._gone(_LOST)

    def send(self, text: str) -> None:
        """Send a message."""
        if self._paused:
            self._outbox.append(text)
        elif self._transport is not None:
            self._transport.send(WSMsgType.TEXT, text.encode())

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._outbox)

    def close(self) -> None:
        """Begin to close."""
        self._ears = None
        self._outbox.clear()
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            asyncio.get_running_loop().call_later(_CLOSES_WITHIN_S, self._cut)

    async def closed(self) -> None:
        """Return once the socket is closed."""
        await self._closed.wait()

    # --- picows ---------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is accepted."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame."""
        kind, ears = frame.msg_type, self._ears
        if kind == WSMsgType.CLOSE:
            self._closing(transport, frame)
        elif ears is None:
            return
        elif kind == WSMsgType.BINARY:
            ears.unreadable("binary frame")
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            message = self._fragments.joined(frame.get_payload_as_bytes(), last=frame.fin)
            if message is not None:
                ears.heard(message)
            elif self._fragments.too_big:
                raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, "The message is too large.")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone."""
        sent = transport.close_handshake and transport.close_handshake.sent
        self._transport = None
        self._outbox.clear()
        self._closed.set()
        self._gone(sent.code.value if sent else _LOST)

    def pause_writing(self) -> None:
        """The phone reads more slowly than we write."""
        self._paused = True
        self.written += 1  # the time that the phone has begins now

    def resume_writing(self) -> None:
        """What was written got away: go on with what waits."""
        self._paused = False
        self.written += 1
        while self._outbox and not self._paused and self._transport is not None:
            self._transport.send(WSMsgType.TEXT, self._outbox.popleft().encode())

    def _closing(self, transport: WSTransport, frame: WSFrame) -> None:
        code = frame.get_close_code().value or NO_CODE
        sent = transport.close_handshake and transport.close_handshake.sent
        if sent:
            code = sent.code.value  # it closes for what we said
        else:
            transport.send_close(WSCloseCode.OK)
        transport.disconnect()
        self._gone(code)

    def _gone(self, code: int) -> None:
        ears, self._ears = self._ears, None
        if ears is not None:
            ears.gone(code)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(graceful=False)
