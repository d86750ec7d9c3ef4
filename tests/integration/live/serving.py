"""A real server for page sockets and signed-in clients of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from channels.routing import URLRouter
from django.db import connection
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect

from calls.models import Call
from calls.routing import websocket_urlpatterns
from tests.factories.pages import make_assistant, make_call, make_organization, make_user
from voiceassist.foundation.events.hub import Hub, current_hub
from voiceassist.foundation.events.transport import live_loop
from voiceassist.organizations.models import Organization, User


@dataclass
class LiveServer:
    """Page sockets served by uvicorn in a thread of this process."""

    port: int
    loop: asyncio.AbstractEventLoop

    def url(self, path: str) -> str:
        """The address of a socket."""
        return f"ws://127.0.0.1:{self.port}{path}"

    def in_loop(self, work: Callable[[], Any]) -> Any:
        """Run `work` where the sockets run, and return what it returns."""

        async def run() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    @property
    def hub(self) -> Hub:
        """The server's hub."""
        hub: Hub = self.in_loop(current_hub)
        return hub


@dataclass
class World:
    """An organization with one live call and somebody who may watch it."""

    organization: Organization
    user: User
    call: Call
    cookie: str

    def connect(self, server: LiveServer, path: str = "", **headers: str) -> connect:
        """Open the call's socket (or `path`) as that person."""
        path = path or f"/ws/calls/{self.call.pk}"
        return connect(
            server.url(path), additional_headers={"Cookie": self.cookie} | headers, max_size=None
        )


@contextmanager
def serving(port: int) -> Iterator[LiveServer]:
    """Serve the page sockets on `port` until the end of the block."""
    application = URLRouter(websocket_urlpatterns)
    config = uvicorn.Config(
        application, port=port, ws="websockets-sansio", lifespan="off", log_level="warning"
    )
    running = uvicorn.Server(config)
    started = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        task = asyncio.create_task(running.serve())
        while not running.started:
            await asyncio.sleep(0.01)
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(60)
    yield LiveServer(port, loops[0])
    running.should_exit = True
    thread.join(60)
    assert not thread.is_alive()
    live_loop.unbind(loops[0])


def make_world() -> World:
    """The organization `north`, its viewer, its call."""
    organization = make_organization("north")
    make_assistant(organization)
    user = make_user(organization, "viewer")
    return World(organization, user, make_call(organization), cookie_of(user))


def cookie_of(user: User) -> str:
    """The session cookie of a person who has just signed in."""
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


async def read(socket: ClientConnection, count: int, within: float = 60) -> list[dict[str, Any]]:
    """The next messages, which must come in time."""
    async with asyncio.timeout(within):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def until(check: Callable[[], Any], within: float = 60) -> None:
    """Wait until `check` holds."""
    async with asyncio.timeout(within):
        while not check():
            await asyncio.sleep(0.02)


async def act(work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Do something with the database in a thread, and give its connection back."""

    def run() -> Any:
        try:
            return work(*arguments, **named)
        finally:
            connection.close()

    return await asyncio.to_thread(run)
