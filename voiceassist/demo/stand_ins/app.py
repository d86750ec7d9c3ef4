"""The stand-ins as one ASGI application: routes by path (ASGI).

All but the small ones are imported when they are first needed: their libraries take a second.
"""

import asyncio
import importlib
from typing import TYPE_CHECKING

from voiceassist.demo.stand_ins.account import Account
from voiceassist.demo.stand_ins.asgi import (
    Answer,
    Receive,
    Request,
    Scope,
    Send,
    read,
    reject_handshake,
    reply,
)
from voiceassist.demo.stand_ins.controls import Controls
from voiceassist.demo.stand_ins.mcp_server import McpServer
from voiceassist.demo.stand_ins.tool_server import ToolServer
from voiceassist.demo.voice import Voice

if TYPE_CHECKING:
    from voiceassist.demo.stand_ins.aws.service import AwsService
    from voiceassist.demo.stand_ins.chat.service import ChatService
    from voiceassist.demo.stand_ins.realtime.endpoint import RealtimeEndpoint
    from voiceassist.demo.stand_ins.twilio.rest import TwilioRest

_REALTIME = "voiceassist.demo.stand_ins.realtime.endpoint"
_CHAT = "voiceassist.demo.stand_ins.chat.service"
_AWS = "voiceassist.demo.stand_ins.aws.service"
_TWILIO = "voiceassist.demo.stand_ins.twilio.rest"


class StandIns:
    """Every stand-in behind one port."""

    def __init__(self, controls: Controls, account: Account) -> None:
        self.controls = controls
        self.account = account
        self.tools = ToolServer()
        self.mcp = McpServer(controls)
        self.voice = Voice()
        self._realtime: asyncio.Task[RealtimeEndpoint] | None = None
        self._twilio: asyncio.Task[TwilioRest] | None = None
        self._aws: asyncio.Task[AwsService] | None = None
        self._chat: asyncio.Task[ChatService] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection or request."""
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        elif scope["type"] == "http":
            request = await read(scope, receive)
            if request.path.startswith("/v1/"):
                await (await self.chat()).serve(request, scope, receive, send)
                return
            await reply(send, await self._answer(request))

    async def realtime(self) -> "RealtimeEndpoint":
        """The Realtime stand-in, imported in a thread at the first use."""
        if self._realtime is None:
            self._realtime = asyncio.get_running_loop().create_task(self._load_realtime())
        return await asyncio.shield(self._realtime)

    async def twilio(self) -> "TwilioRest":
        """The Twilio stand-in, imported in a thread at the first use."""
        if self._twilio is None:
            self._twilio = asyncio.get_running_loop().create_task(self._load_twilio())
        return await asyncio.shield(self._twilio)

    async def aws(self) -> "AwsService":
        """The AWS stand-in, imported in a thread at the first use."""
        if self._aws is None:
            self._aws = asyncio.get_running_loop().create_task(self._load_aws())
        return await asyncio.shield(self._aws)

    async def chat(self) -> "ChatService":
        """The Chat Completions stand-in, imported in a thread at the first use."""
        if self._chat is None:
            self._chat = asyncio.get_running_loop().create_task(self._load_chat())
        return await asyncio.shield(self._chat)

    async def warm(self) -> None:
        """Prepares what the first call would otherwise wait for."""
        await self.realtime()
        await self.twilio()
        await self.aws()
        await self.chat()
        # Imported by now, with the Realtime part.
        from voiceassist.demo.scenario import fixed_lines

        await self.voice.prewarm(fixed_lines())

    async def close(self) -> None:
        """Drops calls and lets threads go."""
        if self._twilio is not None:
            await (await self._twilio).close()
        if self._aws is not None:
            await (await self._aws).close()
        self.voice.close()

    async def _load_realtime(self) -> "RealtimeEndpoint":
        module = await asyncio.to_thread(importlib.import_module, _REALTIME)
        endpoint: RealtimeEndpoint = module.RealtimeEndpoint(self.controls, self.voice)
        return endpoint

    async def _load_aws(self) -> "AwsService":
        module = await asyncio.to_thread(importlib.import_module, _AWS)
        service: AwsService = module.AwsService(self.controls)
        return service

    async def _load_chat(self) -> "ChatService":
        module = await asyncio.to_thread(importlib.import_module, _CHAT)
        service: ChatService = module.ChatService(self.controls)
        return service

    async def _load_twilio(self) -> "TwilioRest":
        module = await asyncio.to_thread(importlib.import_module, _TWILIO)
        rest: TwilioRest = module.TwilioRest(self.account, self.controls, self.voice)
        return rest

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/v1/realtime":
            endpoint = await self.realtime()
            await endpoint(scope, receive, send)
            return
        await receive()
        message = f"There is no WebSocket {scope['path']} here, only /v1/realtime."
        await reject_handshake(send, 404, {"error": {"message": message}})

    async def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/_stand_in/"):
            return self.controls.answer(request)
        if request.path.startswith("/tools/"):
            return await self.tools.answer(request)
        if request.path.rstrip("/") == "/mcp":
            return await self.mcp.answer(request)
        if request.path.startswith("/2010-04-01/"):
            return await (await self.twilio()).answer(request)
        if request.path.startswith("/2015-03-31/") or _is_for_sts(request):
            return await (await self.aws()).answer(request)
        return Answer(404, {"message": f"No stand-in answers {request.path}."})


def _is_for_sts(request: Request) -> bool:
    return request.path == "/" and "/sts/" in request.headers.get("authorization", "")
