"""The whole application on a port of this process, with the stand-ins beside it, for real calls."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvicorn
from channels.layers import channel_layers

from calls.live import live_calls
from calls.models import Call
from config.asgi import application
from config.direct_sockets import DirectSocketProtocol
from tests.factories.calls import CALLER, OUR_NUMBER
from tests.services.ports import free_port
from voiceassist.assistants.models import Assistant
from voiceassist.demo import mulaw
from voiceassist.demo.caller import CallReport, SimulatedCall
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.server import StandInServer
from voiceassist.demo.voice import Voice
from voiceassist.foundation.jobs import queueing

T = TypeVar("T")
BRISK_FROM_MS = 1_000


class _Server(uvicorn.Server):
    def capture_signals(self):  # the test process keeps its signals
        import contextlib

        return contextlib.nullcontext()


class BriskVoice(Voice):
    """Says longer sentences twice as fast, so that calls take less of the run's time."""

    def _make(self, *phrase: str) -> bytes:
        said = super()._make(*phrase)
        if len(said) < BRISK_FROM_MS * mulaw.BYTES_PER_MS:
            return said
        step = mulaw.FRAME_BYTES
        return b"".join(said[at : at + step] for at in range(0, len(said), 2 * step))


class CallSite:
    """Server and stand-ins on one loop in a thread; tests ring it from their own."""

    assistant: Assistant

    def __init__(self, settings: Any, sockets: Any = DirectSocketProtocol) -> None:
        self.sockets = sockets
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.voice = BriskVoice()
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="call-site")

    def start(self) -> CallSite:
        """Serve; returns when both ports are open."""
        self._thread.start()
        assert self._ready.wait(60), "the site did not start"
        assert self._failure is None, self._failure
        return self

    def stop(self) -> None:
        """End everything that `start` began, if it has not been ended."""
        if not self._thread.is_alive():
            return
        self.loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.voice.close()
        queueing._runner.cache_clear()  # the server has drained its jobs; others begin anew
        live_calls.draining = False

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self.stand_ins = StandInServer()
        self.stand_ins.app.voice = BriskVoice()
        async with self.stand_ins:
            await self.stand_ins.app.realtime()  # imported, before a call's time limits count
            self.point_at(self.stand_ins.url)
            server = _Server(
                uvicorn.Config(
                    application,
                    port=self.port,
                    ws=self.sockets,
                    ws_max_size=256 * 1024,
                    lifespan="on",
                    log_config=None,
                    timeout_keep_alive=600,  # no kept connection closes under its client
                    timeout_graceful_shutdown=30,
                )
            )
            serving = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            self._ready.set()
            await self._stopping.wait()
            server.should_exit = True
            await serving
        channel_layers.backends = {}

    def point_at(self, stand_ins: str) -> None:
        """Let the product reach the stand-ins at this address."""
        settings = self.settings
        settings.PUBLIC_URL = self.url
        settings.OPENAI_BASE_URL = f"{stand_ins}/v1"
        settings.TWILIO_API_BASE_URL = stand_ins
        settings.STAND_INS_URL = stand_ins
        settings.OUTBOUND_ALLOW = [stand_ins.removeprefix("http://")]
        settings.JOBS_RUNNER = "in_process"

    # --- ringing --------------------------------------------------------------------------

    def behave(self, **changes: Any) -> None:
        """Let the stand-ins misbehave from the next session on."""
        self.stand_ins.controls.behaviour = Behaviour().changed(changes)

    def caller(self, scenario: str = "demo", **more: Any) -> SimulatedCall:
        """Somebody who is about to ring."""
        return SimulatedCall(
            self.url,
            self.settings.TWILIO_AUTH_TOKEN,
            account_sid=self.settings.TWILIO_ACCOUNT_SID,
            to=OUR_NUMBER,
            from_=CALLER,
            scenario=scenario,
            voice=self.voice,
            **{"seconds": 120, **more},
        )

    def ring(self, scenario: str = "demo", **more: Any) -> CallReport:
        """Ring and talk to the end."""
        return asyncio.run(self.caller(scenario, **more).run())

    def in_loop(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine where the server runs."""
        return asyncio.run_coroutine_threadsafe(work(), self.loop).result(60)


def row_of(report: CallReport) -> Call:
    """The call's row."""
    return Call.unscoped.get(call_sid=report.call_sid)


def ended(report: CallReport) -> Call:
    """The call's row once its end is written down."""
    return ended_call(report.call_sid)


def ended_call(call_sid: str, seconds: float = 120.0) -> Call:
    """The same, by the call's sid."""
    return _once(call_sid, lambda call: bool(call.ended_reason), seconds)


def stream_closed(report: CallReport) -> Call:
    """The call's row once it is written down that its stream closed and another may follow."""
    return _once(report.call_sid, lambda call: call.stream_closed_at is not None, 120.0)


def _once(call_sid: str, true: Callable[[Call], bool], seconds: float) -> Call:
    pause, until = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < until:
        call = Call.unscoped.get(call_sid=call_sid)
        if true(call):
            return call
        pause.wait(0.05)
    raise AssertionError(f"{call_sid} is not there yet: {call.status} {call.ended_reason}")
