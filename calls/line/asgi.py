"""A phone's socket over ASGI, for servers that give no connection away, such as `runserver`'s."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from calls.line.ports import Ears

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_NO_CODE = 1005
_CLOSES_WITHIN_S = 3.0


class AsgiLine:
    """Implements `ports.Line` with a task that reads and one that writes."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._outbox: deque[dict[str, Any]] = deque()
        self._filled = asyncio.Event()
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []
        self.written = 0

    async def open(self, ears: Ears) -> None:
        """Accept the handshake."""
        await self._send({"type": "websocket.accept"})
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._read(ears)), loop.create_task(self._write())]

    def send(self, text: str) -> None:
        """Queue a message."""
        if not self._closing:
            self._put({"type": "websocket.send", "text": text})

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._outbox)

    def close(self) -> None:
        """Begin to close."""
        if not self._closing:
            self._closing = True
            self._outbox.clear()
            self._put({"type": "websocket.close", "code": 1000})

    async def closed(self) -> None:
        """Return once the socket is closed."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSES_WITHIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _put(self, event: dict[str, Any]) -> None:
        self._outbox.append(event)
        self._filled.set()

    async def _read(self, ears: Ears) -> None:
        code = _NO_CODE
        try:
            code = await self._listen(ears)
        except Exception:
            log.exception("what the phone sent could not be read")
        if not self._closing:
            self._closing = True
            self._filled.set()
            ears.gone(code)

    async def _listen(self, ears: Ears) -> int:
        """Hear messages until the phone closes; return its code."""
        while True:
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                return int(event.get("code") or _NO_CODE)
            if self._closing:
                continue
            text = event.get("text")
            if text is None:
                ears.unreadable("binary frame")
            else:
                ears.heard(text.encode())

    async def _write(self) -> None:
        try:
            while not self._closing or self._outbox:
                await self._filled.wait()
                self._filled.clear()
                while self._outbox:
                    await self._send(self._outbox.popleft())
                    self.written += 1
        except (RuntimeError, OSError):
            log.debug("the phone's socket was closed while we wrote")
