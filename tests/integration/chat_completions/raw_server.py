"""A server that answers each request with whatever bytes a test wants, and sees clients go."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field


@dataclass
class Seen:
    """One request: its headers in lower case and its JSON body."""

    headers: dict[str, str]
    body: dict


@dataclass
class RawServer:
    """`answers` are taken one by one, the last one again and again. Each is a list of parts.

    A part is bytes to send, a callable for each connection's writer, or `HOLD`: nothing more comes
    until the client goes. After the parts the connection is closed.
    """

    answers: list[list] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self):
        self._tasks = []
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader, writer):
        self._tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader, writer):
        self.connections += 1
        self.open += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self._one(reader, writer)
        finally:
            self.open -= 1
            self.gone.set()
            writer.transport.abort()

    async def _one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        number = min(len(self.seen), len(self.answers) - 1)
        self.seen.append(Seen(headers, body))
        for part in self.answers[number]:
            if part is HOLD:
                await reader.read()
                raise ConnectionResetError
            if part is ABORT:
                raise ConnectionResetError
            writer.write(part)
            await writer.drain()
        if b"content-length" not in self.answers[number][0] and KEEP not in self.answers[number]:
            writer.close()
            raise ConnectionResetError


HOLD, ABORT, KEEP = object(), object(), b""
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
DONE = b"data: [DONE]\n\n"


def event(content=None, finish=None, **delta):
    """One chunk as an event."""
    delta = {"content": content, **delta} if content is not None else delta
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def chunked(*parts):
    """Parts in HTTP's chunked encoding, ended."""
    return [b"%x\r\n%s\r\n" % (len(part), part) for part in parts] + [b"0\r\n\r\n", KEEP]


def status(code, body=b"", *headers):
    """A whole answer with a status."""
    lines = [f"HTTP/1.1 {code} X", f"content-length: {len(body)}", *headers]
    return [("\r\n".join(lines) + "\r\n\r\n").encode() + body]


def trouble(code, message, **more):
    """An answer in the real service's shape of errors."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json.dumps({"error": {**error, **more}}).encode()
