"""One answer on its way out: how fast, and how a stream goes wrong (ASGI)."""

import asyncio
import itertools
from collections.abc import Iterator, MutableMapping
from typing import Any

from voiceassist.demo.stand_ins.asgi import Send
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.chat.chunks import END, Completion
from voiceassist.demo.stand_ins.chat.log import RequestLog

_BEFORE_A_FAULT = 3  # events, so that the middle of the stream is hit
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
]


class Stream:
    """Sends a completion event by event."""

    def __init__(
        self,
        completion: Completion,
        behaviour: Behaviour,
        log: RequestLog,
        send: Send,
        extensions: MutableMapping[str, Any],
    ) -> None:
        self._completion = completion
        self._behaviour = behaviour
        self._log = log
        self._send = send
        self._abort = extensions.get("stand_in.abort")

    async def run(self) -> None:
        """Sends until the end, or until a fault ends it."""
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        fault = self._log.fault
        await _pause(self._behaviour.chat_first_ms)
        if fault == "slow_first":
            await _pause(self._behaviour.chat_slow_ms)
        for number, frame in enumerate(self._frames()):
            if number:
                await _pause(self._behaviour.chat_chunk_ms)
            if number == _BEFORE_A_FAULT and fault in ("stall", "close"):
                await self._break_off()
            await self._send_part(frame)
        await self._send({"type": "http.response.body", "body": b""})

    def _frames(self) -> Iterator[bytes]:
        frames, fault = self._completion.frames(), self._log.fault
        if fault == "endless":
            return itertools.chain(
                itertools.islice(frames, 1),
                itertools.repeat(self._completion.frame({"content": "and so on " * 20})),
            )
        if fault == "garbage":
            return itertools.chain(itertools.islice(frames, 2), [_GARBAGE])
        if fault == "error_event":
            return itertools.chain(itertools.islice(frames, 2), [_ERROR, END])
        if fault in ("stall", "close"):
            words = (self._completion.frame({"content": "wait "}) for _ in range(_BEFORE_A_FAULT))
            return itertools.chain(itertools.islice(frames, 1), words)
        return frames

    async def _break_off(self) -> None:
        """Sends nothing more; with `close` the connection goes, as with a lost network."""
        self._log.outcome = "cut"
        if self._log.fault == "close" and self._abort is not None:
            self._abort()
        await asyncio.get_running_loop().create_future()

    async def _send_part(self, body: bytes) -> None:
        # Whoever has read this may be gone before the sending returns.
        if body is _ERROR or body is _GARBAGE:
            self._log.outcome = "cut"
        elif body is END and self._log.outcome == "open":
            self._log.outcome = "completed"
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


_GARBAGE = b'data: {"id": "chat\xff\n\n'
_ERROR = (
    b'data: {"error": {"message": "The server had an error while processing your request.", '
    b'"type": "server_error", "param": null, "code": null}}\n\n'
)


async def _pause(milliseconds: float) -> None:
    await asyncio.sleep(milliseconds / 1000)
