"""The little of HTTP over ASGI that the stand-ins need: read a body, answer JSON, refuse."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 8 << 20


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are in lower case. `target` is path and query as sent."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    target: str = ""

    def form(self) -> list[tuple[str, str]]:
        """The fields of a form post, in order, empty ones kept."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    def json(self) -> Any:
        """The JSON body, or None where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `body` is sent as it is where it is bytes, else as JSON."""

    status: int
    body: Any
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def header(scope: Scope, name: bytes) -> str:
    """A header of a request or handshake; empty when absent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


async def read(scope: Scope, receive: Receive) -> Request:
    """The whole request; a body over 8 MiB is cut."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and len(body) < MAX_BODY
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=parse_qs(scope["query_string"].decode(), keep_blank_values=True),
        headers={key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]},
        body=body,
        target=_target(scope),
    )


def _target(scope: Scope) -> str:
    path = str(scope.get("raw_path", b"").decode("latin-1"))
    query = str(scope["query_string"].decode("latin-1"))
    return f"{path}?{query}" if query else path


async def reply(send: Send, answer: Answer) -> None:
    """Sends an answer."""
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *((key.encode(), value.encode()) for key, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def reject_handshake(send: Send, status: int, body: Any) -> None:
    """Answers a WebSocket handshake with an HTTP status, before any accept."""
    payload = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(payload)).encode()),
    ]
    start = {"type": "websocket.http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": payload})
