"""Serving the stand-ins: inside a test's own loop, or alone until told to stop. uvicorn inside."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Generator, Iterable
from types import TracebackType
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.stand_ins.app import StandIns
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.realtime.log import SessionLog
from voiceassist.demo.voice import Voice

_MAX_MESSAGE = 24 << 20  # 15 MiB of audio as base64
_PLACEHOLDER = "{"


class _Protocol(WebSocketsSansIOProtocol):
    """Lets an application cut its TCP connection, which ASGI has no word for."""

    async def run_asgi(self) -> None:
        self.scope["extensions"]["stand_in.abort"] = self.transport.abort  # type: ignore[index,assignment]
        await super().run_asgi()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves signals to whoever owns the loop."""
        yield


def phrases() -> Iterable[tuple[str, str, str]]:
    """Every fixed sentence of the scenarios, as `(text, language, role)`."""
    for name in scenarios.names():
        found = scenarios.load(name)
        for step in found.caller:
            if text := getattr(step, "text", ""):
                yield text, found.language, "caller"
        if found.model is None:
            continue
        lines = [found.model.greeting, found.model.idle, found.model.no_tool]
        lines += [text for rule in found.model.rules for text in (rule.say, rule.then)]
        for text in (*lines, *found.model.fallbacks):
            if text and _PLACEHOLDER not in text:
                yield text, found.language, "assistant"


class StandInServer:
    """`async with StandInServer() as server:` serves on a free port in the running loop.

    `url` is the HTTP origin, `realtime_url` what the OpenAI SDK takes as `websocket_base_url`.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        behaviour: Behaviour | None = None,
        voice: Voice | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._voice = voice or Voice()
        self.app = StandIns(self._voice)
        self.app.realtime.behaviour = behaviour or Behaviour()
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """HTTP origin, e.g. `http://127.0.0.1:40001`."""
        return f"http://{self._host}:{self._port}"

    @property
    def realtime_url(self) -> str:
        """Base of the Realtime WebSocket, e.g. `ws://127.0.0.1:40001/v1`."""
        return f"ws://{self._host}:{self._port}/v1"

    @property
    def sessions(self) -> list[SessionLog]:
        """Logs of the Realtime sessions, oldest first."""
        return list(self.app.realtime.journal.sessions)

    def behave(self, **changes: Any) -> None:
        """Changes the behaviour of the sessions to come.

        Raises: BehaviourError: an unknown key or wrong value.
        """
        self.app.realtime.behaviour = self.app.realtime.behaviour.changed(changes)

    async def start(self) -> None:
        """Binds and serves. Raises: OSError: the port is taken."""
        self._socket = socket.create_server((self._host, self._port))
        self._port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self.app,
            ws=_Protocol,
            ws_max_size=_MAX_MESSAGE,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        serving = self._server.serve([self._socket])
        self._task = asyncio.get_running_loop().create_task(serving)
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Closes every connection and the socket."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        self._voice.close()

    async def prewarm(self) -> None:
        """Makes the scenarios' sentences before they are needed."""
        await self._voice.prewarm(phrases())

    async def __aenter__(self) -> "StandInServer":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


def _watch_parent(on_end: Callable[[], None]) -> None:
    """Calls `on_end` when standard input closes, which it does when the parent goes."""
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not sys.stdin.buffer.raw.read(1024):  # type: ignore[attr-defined]
            loop.remove_reader(sys.stdin.fileno())
            on_end()

    loop.add_reader(sys.stdin.fileno(), readable)


async def serve_until(
    server: StandInServer, stop: asyncio.Event, *, with_parent: bool, ready: Callable[[str], None]
) -> None:
    """Serves until `stop` is set, or the parent's pipe closes if `with_parent`."""
    async with server:
        ready(server.url)
        if with_parent:
            _watch_parent(stop.set)
        warming = asyncio.get_running_loop().create_task(server.prewarm())
        await stop.wait()
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
