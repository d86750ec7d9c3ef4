"""The stand-ins' one ASGI application: a table from path prefix to what answers there."""

from collections.abc import Awaitable, Callable

from voiceassist.demo.stand_ins import control, tool_server
from voiceassist.demo.stand_ins.asgi import (
    Answer,
    App,
    Receive,
    Request,
    Scope,
    Send,
    read,
    reject_handshake,
    reply,
)
from voiceassist.demo.stand_ins.realtime.endpoint import RealtimeEndpoint
from voiceassist.demo.voice import Voice

HttpHandler = Callable[[Request], Awaitable[Answer]]


class StandIns:
    """All stand-ins; other kinds join by one line in a table."""

    def __init__(self, voice: Voice) -> None:
        self.realtime = RealtimeEndpoint(voice)
        self.tools = tool_server.ToolServer()
        self._sockets: dict[str, App] = {"/v1/realtime": self.realtime}
        self._http: dict[str, HttpHandler] = {
            control.PREFIX: control.Control(self.realtime).handle,
            tool_server.PREFIX: self.tools.handle,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            request = await read(scope, receive)
            await reply(send, await self._answer(request))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._sockets.get(scope["path"].rstrip("/"))
        if app is not None:
            await app(scope, receive, send)
            return
        await receive()
        await reject_handshake(send, 404, {"error": {"message": "No WebSocket answers here."}})

    async def _answer(self, request: Request) -> Answer:
        for prefix, handler in self._http.items():
            if request.path == prefix or request.path.startswith(f"{prefix}/"):
                return await handler(request)
        known = ", ".join((*self._sockets, *self._http))
        return Answer(404, {"message": f"No stand-in answers here. Known: {known}."})
