"""The production server: uvicorn that lets live calls end before it stops, and the demo's child.

Uvicorn alone closes every socket at SIGTERM; here the first signal only stops taking calls.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from types import FrameType

import uvicorn
import uvloop
from django.conf import settings

from calls.live import live_calls

log = logging.getLogger(__name__)

MESSAGE_MAX = 256 * 1024
CHILD_STOPS_WITHIN_S = 5


class DrainingServer(uvicorn.Server):
    """Answers the first SIGTERM or SIGINT by draining, a second one by stopping at once."""

    loop: asyncio.AbstractEventLoop
    _draining: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal, in the middle of whatever the main thread is doing."""
        if live_calls.draining or not len(live_calls):
            live_calls.draining = True
            super().handle_exit(sig, frame)
            return
        live_calls.draining = True
        log.info("stopping: %d live calls may end first", len(live_calls))
        self.loop.call_soon_threadsafe(self._begin_draining, sig, frame)

    def _begin_draining(self, sig: int, frame: FrameType | None) -> None:
        async def drain() -> None:
            await live_calls.drain(settings.DRAIN_TIMEOUT_SECONDS)
            super(DrainingServer, self).handle_exit(sig, frame)

        self._draining = self.loop.create_task(drain())


def run(host: str, port: int, ready: str) -> None:
    """Serve until told to stop; write `ready` to standard error once requests are answered."""
    config = uvicorn.Config(
        "config.asgi:application",
        host=host,
        port=port,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MESSAGE_MAX,
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    child = _start_stand_ins() if _stand_ins_wanted() else None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(DrainingServer(config), ready))
    finally:
        if child is not None:
            _stop(child)


async def _serve(server: DrainingServer, ready: str) -> None:
    server.loop = asyncio.get_running_loop()
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():
        await asyncio.sleep(0.02)
    if server.started:
        sys.stderr.write(ready)
        sys.stderr.flush()
    await task


def _stand_ins_wanted() -> bool:
    stand_ins = settings.STAND_INS_URL
    return bool(stand_ins) and (
        settings.OPENAI_BASE_URL.startswith(stand_ins) or settings.TWILIO_API_BASE_URL == stand_ins
    )


def _start_stand_ins() -> subprocess.Popen[bytes]:
    """Start the stand-ins as a child that ends when our end of its standard input closes."""
    command = [sys.executable, "manage.py", "stand_ins", "--exit-with-parent"]
    command += ["--port", str(settings.STAND_INS_PORT)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=settings.BASE_DIR)  # noqa: S603


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(CHILD_STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
