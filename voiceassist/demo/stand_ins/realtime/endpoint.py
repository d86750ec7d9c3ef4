"""The WebSocket `/v1/realtime`: handshake, one reading and one sending task per session (ASGI)."""

import asyncio
import itertools
from collections import deque
from typing import Any
from urllib.parse import parse_qs

import msgspec

from voiceassist.demo.stand_ins.asgi import Receive, Scope, Send, header, reject_handshake
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.controls import Controls
from voiceassist.demo.stand_ins.realtime.log import SessionLog
from voiceassist.demo.stand_ins.realtime.misbehaviour import Noise
from voiceassist.demo.stand_ins.realtime.session import RealtimeSession
from voiceassist.demo.voice import Voice

_encode = msgspec.json.Encoder().encode


class Outbox:
    """Server events waiting to be sent, in order; `put` never blocks."""

    def __init__(self, scope: Scope, send: Send, behaviour: Behaviour, log: SessionLog) -> None:
        self._send = send
        self._log = log
        self._behaviour = behaviour
        self._noise = Noise(behaviour)
        self._queue: deque[dict[str, Any] | str | tuple[int, str]] = deque()
        self._wake = asyncio.Event()
        self._numbers = itertools.count(1)
        self._abort = scope["extensions"].get("stand_in.abort")

    def put(self, event: dict[str, Any]) -> None:
        """Queues an event, and the noise after it."""
        self._queue.append({"event_id": f"event_{next(self._numbers)}", **event})
        self._queue.extend(self._noise.after(event))
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Closes the connection after what is queued."""
        self._queue.append((code, reason))
        self._wake.set()

    def drop(self) -> None:
        """Cuts the connection without a closing frame."""
        if self._abort is not None:
            self._abort()

    async def run(self) -> None:
        """Sends until the connection closes."""
        while True:
            while self._queue:
                message = self._queue.popleft()
                if isinstance(message, tuple):
                    code, reason = message
                    await self._send({"type": "websocket.close", "code": code, "reason": reason})
                    return
                await self._send_one(message)
            self._wake.clear()
            await self._wake.wait()

    async def _send_one(self, message: dict[str, Any] | str) -> None:
        if isinstance(message, str):
            await self._send({"type": "websocket.send", "text": message})
            return
        await self._send({"type": "websocket.send", "text": _encode(message).decode()})
        self._log.note_sent(message)
        if message["type"] == self._behaviour.drop_at_event:
            self.drop()


class RealtimeEndpoint:
    """ASGI application of the Realtime stand-in; each session takes the behaviour in force."""

    def __init__(self, controls: Controls, voice: Voice) -> None:
        self._controls = controls
        self._voice = voice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        behaviour = self._controls.behaviour
        await receive()
        refusal = self._refusal(scope, behaviour)
        if refusal is not None:
            await reject_handshake(send, *refusal)
            return
        model = parse_qs(scope["query_string"].decode())["model"][0]
        await send({"type": "websocket.accept"})
        await self._serve(scope, receive, send, model, behaviour)

    def _refusal(
        self, scope: Scope, behaviour: Behaviour
    ) -> tuple[int, dict[str, dict[str, str]]] | None:
        query = parse_qs(scope["query_string"].decode())
        kind, _, key = header(scope, b"authorization").partition(" ")
        status, message = 0, ""
        if behaviour.handshake_status:
            status, message = behaviour.handshake_status, "The stand-in was told to refuse."
        elif kind.lower() != "bearer" or not key.strip():
            status, message = 401, "Missing bearer authentication in header."
        elif not query.get("model"):
            status, message = 400, "You must provide a model parameter."
        if not status:
            return None
        code = "invalid_api_key" if status == 401 else "missing_model"
        error = {"type": "invalid_request_error", "code": code, "message": message}
        return status, {"error": error}

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, model: str, behaviour: Behaviour
    ) -> None:
        log = self._controls.journal.open(model)
        outbox = Outbox(scope, send, behaviour, log)
        session = RealtimeSession(model, behaviour, self._voice, outbox.put, outbox.close)
        log.session_id = session.id
        sender = asyncio.get_running_loop().create_task(outbox.run())
        session.begin()
        if behaviour.drop_after_ms:
            session.context.later(behaviour.drop_after_ms, outbox.drop)
        try:
            await self._read(receive, session, log)
        finally:
            log.closed = True
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            await session.end()

    async def _read(self, receive: Receive, session: RealtimeSession, log: SessionLog) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                session.refuse_binary()
                continue
            event = session.handle(text)
            log.note_received(event if event is not None else {"type": "", "raw": text[:1000]})
