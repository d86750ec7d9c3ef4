"""The production server: uvicorn that lets live calls end before it stops, and the demo's child.

Uvicorn alone closes every socket at SIGTERM; here the first signal only stops taking calls.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn
import uvloop
from django.conf import settings

from calls.line.direct import MESSAGE_MAX
from calls.live import live_calls
from config import stand_ins
from config.direct_sockets import DirectSocketProtocol

log = logging.getLogger(__name__)

COLLECT_AFTER = (20_000, 50, 100)
"""The collector's thresholds. It stops every thread: with Python's own thresholds, and with all of
Django in view, one pass takes 50 to 130 ms, and each call hears that."""
SWITCH_SECONDS = 0.0005
"""How long another thread may keep the interpreter while the media loop wants it. With Python's
5 ms a busy query thread held up frame after frame: at 100 calls the slowest percent waited twice
to three times as long."""


class DrainingServer(uvicorn.Server):
    """Answers the first SIGTERM or SIGINT by draining, a second one by stopping at once."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the sockets, then say that requests are answered."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        _favour_the_loop()
        if self.started:
            sys.stderr.write(self._ready)
            sys.stderr.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal, in the middle of whatever the main thread is doing."""
        if live_calls.draining or not len(live_calls) or self._loop is None:
            live_calls.draining = True
            # Not uvicorn's own way, which raises the signal again at the end: who is told to stop
            # and does has not failed, with live calls or without.
            self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
            self.should_exit = True
            return
        live_calls.draining = True
        log.info("stopping: %d live calls may end first", len(live_calls))
        self._loop.call_soon_threadsafe(self._begin_draining)

    def _begin_draining(self) -> None:
        self._draining = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        await live_calls.drain(settings.DRAIN_TIMEOUT_SECONDS)
        self.should_exit = True


def run(host: str, port: int, ready: str) -> None:
    """Serve until told to stop; write `ready` to standard error once requests are answered."""
    config = uvicorn.Config(
        "config.asgi:application",
        host=host,
        port=port,
        http="httptools",
        ws=DirectSocketProtocol,
        ws_max_size=MESSAGE_MAX,
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    # uvicorn takes signals over once it serves; until then one ends this process and its child.
    signal.signal(signal.SIGTERM, _leave)
    demo = stand_ins.StandInsProcess() if stand_ins.wanted() else None
    try:
        config.load()  # while the stand-ins start
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if demo is not None:
                runner.run(demo.answers())
            runner.run(DrainingServer(config, ready).serve())
    finally:
        if demo is not None:
            demo.stop()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _favour_the_loop() -> None:
    """Keep collector and threads from holding up the loop that carries all audio."""
    sys.setswitchinterval(SWITCH_SECONDS)
    # What is loaded by now stays: out of the collector's sight with it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
