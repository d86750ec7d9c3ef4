"""uvicorn's WebSocket protocol, from which an application can take the connection over.

The application reads the handshake over ASGI, and refuses it there; in place of `websocket.accept`
it calls the extension `TAKE_OVER`, and from then on picows reads and writes the frames.
"""

from __future__ import annotations

import logging
import socket
from typing import Any

from picows import WSAutoPingStrategy, WSCloseCode, WSListener
from picows.api import WSProtocol  # type: ignore[attr-defined]
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from calls.line.direct import TAKE_OVER

log = logging.getLogger("picows.server")

_PING_SECONDS = 20.0
_READ_BUFFER = 16 * 1024
_HELD_BY_THE_SYSTEM = 64 * 1024
_FAREWELL_SECONDS = 1.0


class DirectSocketProtocol(WebSocketsSansIOProtocol):
    """Speaks ASGI until somebody takes the connection over."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received = bytearray()
        self._direct: WSProtocol | None = None

    def data_received(self, data: bytes) -> None:
        """Keep what comes before the handshake is answered: it is read again by whoever takes over.

        Of a client that sends more than a message until then the connection is cut.
        """
        if self.handshake_complete:
            self._received.clear()
        else:
            self._received += data
            if len(self._received) > self.config.ws_max_size:
                self.transport.abort()
                return
        super().data_received(data)

    def handle_connect(self, event: Request) -> None:
        """Offer the connection with the request."""
        super().handle_connect(event)
        if not self.handshake_complete:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[TAKE_OVER] = self.take_over

    def take_over(self, listener: WSListener) -> bool:
        """Accept the handshake and give the connection to a listener.

        Returns whether there is a connection: False where the client has gone.
        """
        gone = self.disconnected or self.handshake_complete or self.transport.is_closing()
        self.handshake_complete = True
        if gone:
            return False
        direct = self._protocol_of(listener)
        self.transport.pause_reading()
        # picows reads all that the system holds in one go: a phone that floods must not hold up
        # the calls of others.
        line = self.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _HELD_BY_THE_SYSTEM)
        direct.connection_made(self.transport)
        self.transport.set_protocol(direct)
        self._direct = direct
        received, self._received = self._handshake() + self._pipelined(), bytearray()
        while received:
            buffer = direct.get_buffer(-1)
            taken = min(len(buffer), len(received))
            buffer[:taken] = received[:taken]
            direct.buffer_updated(taken)
            received = received[taken:]
        if self.transport.is_closing():
            return False
        self.transport.resume_reading()
        return True

    def _handshake(self) -> bytes:
        """The request as picows takes it: it refuses what proxies may add, as `keep-alive`."""
        key = self.request.headers["Sec-WebSocket-Key"]
        return (
            "GET / HTTP/1.1\r\nHost: -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        ).encode("ascii")

    def _pipelined(self) -> bytes:
        return bytes(self._received.partition(b"\r\n\r\n")[2])

    def shutdown(self) -> None:
        """End the connection: the server stops."""
        if self._direct is None:
            super().shutdown()
            return
        self._direct.transport.send_close(WSCloseCode.SERVICE_RESTART)
        self._direct.transport.disconnect()
        # One that reads nothing would keep it for as long as the server waits.
        self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)

    async def run_asgi(self) -> None:
        """Run the application for this connection."""
        await super().run_asgi()
        if self._direct is not None:
            self.connections.discard(self)
        # Rings, which only the collector could free.
        self._direct = None
        self.scope["extensions"].pop(TAKE_OVER, None)

    def _protocol_of(self, listener: WSListener) -> WSProtocol:
        return WSProtocol(
            host_port=None,
            ws_path=None,
            is_client_side=False,
            ws_listener_factory=lambda request: listener,
            logger=log,
            disconnect_on_exception=False,
            websocket_handshake_timeout=None,
            enable_auto_ping=True,
            auto_ping_idle_timeout=_PING_SECONDS,
            auto_ping_reply_timeout=_PING_SECONDS,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
            enable_auto_pong=True,
            max_frame_size=self.config.ws_max_size,
            extra_headers=None,
            read_buffer_init_size=_READ_BUFFER,
        )
