"""The application as a server in a thread, and how a test's browser gets into it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from channels.layers import channel_layers
from django.db import connections
from django.test import Client
from playwright.async_api import Browser, BrowserContext

from config.asgi import application
from voiceassist.foundation.events.transport import live_loop
from voiceassist.organizations.models import User


class Site:
    """The whole ASGI application without its background work."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve; returns when the port is open."""
        config = uvicorn.Config(
            application,
            port=self.port,
            ws="websockets-sansio",
            lifespan="off",
            log_level="error",
            timeout_graceful_shutdown=2,
        )
        self._server, started = uvicorn.Server(config), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)))
        self._thread.start()
        assert started.wait(60)

    def stop(self) -> None:
        """Close every socket and the port."""
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(60)
        assert not self._thread.is_alive()

    async def _serve(self, started: threading.Event) -> None:
        assert self._server is not None
        loop = asyncio.get_running_loop()
        live_loop.bind(loop)
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        started.set()
        await serving
        live_loop.unbind(loop)
        channel_layers.backends = {}

    async def open(self, browser: Browser, user: User | None, **options: Any) -> BrowserContext:
        """Return a browser context in which `user` is signed in."""
        context = await browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(60_000)
        if user is not None:
            session = await act(session_of, user)
            await context.add_cookies([{"name": "sessionid", "value": session, "url": self.url}])
        return context


def session_of(user: User) -> str:
    """The key of a session that `user` has just begun."""
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


async def act(work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Do something with the database in a thread, and give its connection back."""

    def run() -> Any:
        try:
            return work(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)
