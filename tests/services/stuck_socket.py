"""A WebSocket client that stops reading after the handshake but keeps its line; plain sockets."""

from __future__ import annotations

import base64
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

RECEIVE_BUFFER = 8192  # small, so that the server's side soon notices


class StuckSocket:
    """An open line whose peer sends but never reads."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def say(self, text: str) -> None:
        """Send one text message of 126 to 65,535 bytes, or a shorter one padded with blanks."""
        payload = text.encode().ljust(126)
        head = bytes([0x81, 0x80 | 126]) + struct.pack("!H", len(payload))
        self._line.sendall(head + bytes(4) + payload)


@contextmanager
def stuck_socket(port: int, path: str, headers: Mapping[str, str]) -> Iterator[StuckSocket]:
    """Open `path` on this machine and read nothing but the answer to the handshake."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        line.settimeout(60)
        line.connect(("127.0.0.1", port))
        asked = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items())]
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        assert b" 101 " in line.recv(2000).split(b"\r\n")[0]
        yield StuckSocket(line)
