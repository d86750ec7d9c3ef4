"""A product made for tests: answers webhooks with given TwiML and talks on the media socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from twilio.request_validator import RequestValidator

TOKEN = "token-of-the-test"


class _Server(uvicorn.Server):
    def capture_signals(self):
        return contextlib.nullcontext()


class Socket:
    """One media socket, from the product's side."""

    def __init__(self, receive, send) -> None:
        self._receive, self._send = receive, send
        self.messages: list[tuple[float, dict[str, Any]]] = []
        self.closed_with: int | None = None
        self.stream_sid = ""
        self.accepted_at = time.monotonic()  # before the other side knows
        self._news = asyncio.Event()

    async def read(self) -> None:
        while self.closed_with is None:
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                self.closed_with = event.get("code", 1005)
            else:
                message = json.loads(event["text"])
                self.stream_sid = message.get("streamSid", self.stream_sid)
                self.messages.append((time.monotonic(), message))
            self._news.set()

    def named(self, event: str) -> list[dict[str, Any]]:
        return [message for _, message in self.messages if message["event"] == event]

    def audio(self) -> bytes:
        return b"".join(
            base64.b64decode(message["media"]["payload"]) for message in self.named("media")
        )

    async def until(self, ready: Callable[[], Any], seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while not ready():
                self._news.clear()
                await self._news.wait()

    async def send(self, **message: Any) -> float:
        text = json.dumps({"streamSid": self.stream_sid, **message})
        await self._send({"type": "websocket.send", "text": text})
        return time.monotonic()

    async def send_bytes(self, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": data})

    async def play(self, audio: bytes) -> float:
        payload = base64.b64encode(audio).decode()
        return await self.send(event="media", media={"payload": payload})

    async def mark(self, name: str) -> None:
        await self.send(event="mark", mark={"name": name})

    async def close(self) -> None:
        await self._send({"type": "websocket.close", "code": 1000})


Talk = Callable[[Socket], Awaitable[None]]


class Product:
    """`pages`: path → TwiML (or a status); `talks`: what is done on each socket, in turn."""

    def __init__(self) -> None:
        self.pages: dict[str, str | int] = {}
        self.talks: list[Talk] = []
        self.sockets: list[Socket] = []
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.bad_signatures: list[str] = []
        self.refuse_sockets = False
        self.public = ""
        self.url = ""

    def stream(self, more: str = "", attributes: str = "") -> str:
        ws = "ws" + (self.public or self.url).removeprefix("http")
        status = f'statusCallback="{self.public or self.url}/stream-status"'
        return (
            f'<Response><Connect {attributes}><Stream url="{ws}/media" {status}>'
            f'<Parameter name="token" value="t1"/></Stream></Connect>{more}</Response>'
        )

    def statuses(self) -> list[tuple[str, str]]:
        return [
            (form["CallStatus"], form["SequenceNumber"])
            for path, form in self.posts
            if path == "/twilio/status"
        ]

    def paths(self) -> list[str]:
        return [path for path, _ in self.posts]

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._post(scope, receive, send)

    async def _socket(self, scope, receive, send) -> None:
        await receive()
        ws = "ws" + (self.public or self.url).removeprefix("http")
        self._check(scope, ws + scope["path"], {})
        if self.refuse_sockets:
            await send({"type": "websocket.close"})
            return
        socket = Socket(receive, send)
        await send({"type": "websocket.accept"})
        self.sockets.append(socket)
        reading = asyncio.create_task(socket.read())
        if len(self.sockets) <= len(self.talks):
            await self.talks[len(self.sockets) - 1](socket)
        await reading

    async def _post(self, scope, receive, send) -> None:
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        self._check(scope, (self.public or self.url) + scope["path"], form)
        self.posts.append((scope["path"], form))
        page = self.pages.get(scope["path"], 204)
        status, text = (page, "") if isinstance(page, int) else (200, page)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})

    def _check(self, scope, url: str, form: dict[str, str]) -> None:
        headers = dict(scope["headers"])
        signature = headers.get(b"x-twilio-signature", b"").decode()
        if not RequestValidator(TOKEN).validate(url, form, signature):
            self.bad_signatures.append(url)


@contextlib.asynccontextmanager
async def serving(product: Product, port: int):
    """Serve it in the running loop."""
    product.url = f"http://127.0.0.1:{port}"
    server = _Server(
        uvicorn.Config(
            product, port=port, lifespan="off", log_config=None, ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
    )  # fmt: skip
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield product
    finally:
        server.should_exit = True
        await task
