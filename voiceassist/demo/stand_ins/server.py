"""The stand-ins on a port: in the foreground (`serve`), or inside a test (`StandInServer`).

Imports uvicorn and the application; no Django.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections import deque
from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from voiceassist.demo.stand_ins.account import Account
from voiceassist.demo.stand_ins.app import StandIns
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.chat.log import RequestLog
from voiceassist.demo.stand_ins.controls import Controls
from voiceassist.demo.stand_ins.realtime.log import SessionLog
from voiceassist.demo.stand_ins.twilio.call import PhoneCall

MAX_MESSAGE = 24 << 20  # 15 MiB of audio, as base64
_STOP_WITHIN_S = 3
_KEEP_FOR_S = 75  # longer than clients do: none is about to use a connection that closes
_BACKLOG = 512


class _Protocol(WebSocketsSansIOProtocol):
    """Lets a session cut its own connection, as a lost network does."""

    def handle_connect(self, event: Request) -> None:
        """Takes a handshake."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions["stand_in.abort"] = self.transport.abort


class _HttpProtocol(HttpToolsProtocol):
    """Lets an answer cut its own connection, as a lost network does."""

    def on_headers_complete(self) -> None:
        """Takes a request."""
        super().on_headers_complete()
        # The application starts after this, with the same scope.
        extensions: dict[str, Any] = self.scope.setdefault("extensions", {})
        extensions["stand_in.abort"] = self.transport.abort


class _Server(uvicorn.Server):
    """Leaves signals to whoever owns the loop, and says when requests are answered."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the port."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Takes none."""
        yield


class StandInServer:
    """The stand-ins in this process and event loop.

    `port` 0 takes a free one. After the start `url` is the HTTP origin, `realtime_url` the base
    for `OPENAI_BASE_URL`-like settings with `ws`, `sessions` the logs of Realtime sessions.
    """

    def __init__(
        self,
        port: int = 0,
        behaviour: Behaviour | None = None,
        account: Account | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.controls = Controls(behaviour)
        self.app = StandIns(self.controls, account or Account())
        self.port = port
        self._host = host
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """The HTTP origin."""
        return f"http://{self._host}:{self.port}"

    @property
    def realtime_url(self) -> str:
        """The base address that the OpenAI SDK takes as `websocket_base_url`."""
        return f"ws://{self._host}:{self.port}/v1"

    @property
    def sessions(self) -> deque[SessionLog]:
        """Logs of the Realtime sessions, oldest first."""
        return self.controls.journal.sessions

    @property
    def chats(self) -> deque[RequestLog]:
        """Logs of the requests for chat completions, oldest first."""
        return self.controls.chat_journal.requests

    async def calls(self) -> list[PhoneCall]:
        """Calls created over REST, oldest first."""
        return (await self.app.twilio()).calls

    def behave(self, **changes: Any) -> None:
        """Changes the behaviour for the sessions and calls to come.

        Raises: BehaviourError: an unknown key, or a value of the wrong kind.
        """
        self.controls.behaviour = self.controls.behaviour.changed(changes)

    def take_port(self) -> socket.socket:
        """Keeps a port for the start; until then connections to it are refused.

        Raises: OSError: it is taken.
        """
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it; asyncio itself sets it only on some, else answers wait 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((self._host, self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._listener = listener
        return listener

    async def start(self) -> None:
        """Opens the port.

        Raises: OSError: it is taken.
        """
        listener, self._listener = self._listener or self.take_port(), None
        listener.listen(_BACKLOG)  # two may have taken the port, and only one can listen
        self._server = _Server(_config(self.app))
        self._serving = asyncio.create_task(self._server.serve([listener]))
        await self._server.ready.wait()

    async def stop(self) -> None:
        """Closes the port and every connection."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await self.app.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


def _config(app: StandIns) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_HttpProtocol,
        ws=_Protocol,
        ws_max_size=MAX_MESSAGE,
        timeout_keep_alive=_KEEP_FOR_S,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )


def serve(host: str, port: int, account: Account, *, exit_with_parent: bool = False) -> None:
    """Serves until SIGTERM or SIGINT, or with `exit_with_parent` until standard input ends.

    Raises: OSError: the port cannot be used.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(StandInServer(port, account=account, host=host), exit_with_parent))


async def _serve(server: StandInServer, exit_with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if exit_with_parent:
        await _watch_parent(stopped)
    server.take_port()
    # Whoever opens a Realtime session waits seconds, not for a busy machine's imports.
    await server.app.realtime()
    async with server:
        sys.stderr.write(f"Stand-ins (scripted, no AI) on {server.url}\n")
        sys.stderr.flush()
        warming = asyncio.create_task(server.app.warm())
        await stopped.wait()
        warming.cancel()


async def _watch_parent(stopped: asyncio.Event) -> None:
    """Sets `stopped` when the other end of standard input closes."""

    class Watcher(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            stopped.set()

    await asyncio.get_running_loop().connect_read_pipe(Watcher, sys.stdin)
