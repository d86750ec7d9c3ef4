"""The media socket: an ASGI endpoint between Twilio's stream and the bridge.

It takes the connection over from the server. A stock Channels consumer makes a task per frame and
passes through the one sync thread before each message, so that any slow query would freeze all
audio.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import weakref
from collections.abc import Callable
from typing import Any

from django.conf import settings

from calls.bridge import frames
from calls.bridge.ports import Ending
from calls.bridge.realtime import RealtimeModel
from calls.bridge.session import Session
from calls.line.asgi import AsgiLine, Receive, Send
from calls.line.direct import TAKE_OVER, DirectLine
from calls.line.ports import Line
from calls.live import LiveCall, live_calls
from calls.services.errors import TicketRefused
from calls.services.journal import CallJournal
from calls.services.plan import Opening, open_stream
from calls.services.pool import in_pool
from calls.services.recorder import recorder
from calls.services.tool_port import CallTools
from voiceassist.foundation.providers.twilio import is_signed, public_url

log = logging.getLogger(__name__)

OUTBOX_MAX = 20_000  # messages; a phone that reads nothing for that long is gone
READS_WITHIN_S = 10.0  # some of what waits must get away within this
FLUSH_TIMEOUT_S = 3.0
FINAL_FLUSH_TIMEOUT_S = 9.0  # more, for a call that is over: it must not be taken up again
RUNS_TIMEOUT_S = 3.0  # for the ends of runs to be written down
LATE_WORDS_S = 2.0
FAULTS_LOGGED = 10  # per stream: the same fault may come with every frame
TOO_BIG = 1009
NOT_READING = "The phone reads nothing any more."


async def media(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one stream; an unsigned, reused or unwanted handshake is refused before accept."""
    await receive()  # websocket.connect
    try:
        opening = await _admit(scope)
    except TicketRefused as refusal:
        log.warning("a media socket was refused", extra={"why": refusal.public_message})
        await send({"type": "websocket.close"})
        return
    take_over = scope.get("extensions", {}).get(TAKE_OVER)
    line = DirectLine(take_over) if take_over else AsgiLine(receive, send)
    await Stream(opening, line).run()


async def _admit(scope: dict[str, Any]) -> Opening:
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    if not is_signed(public_url(scope["path"], socket=True), None, headers):
        raise TicketRefused("The handshake carries no valid signature.")
    if live_calls.draining:
        raise TicketRefused("This server is stopping.")
    token = scope["url_route"]["kwargs"]["token"]
    return await in_pool(open_stream, token)


class RealTime:
    """Implements `ports.Timers` on the running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Run `callback` after `seconds`."""
        return self._loop.call_later(seconds, callback).cancel


class Stream:
    """One open stream: the session, its model's socket, and the phone's."""

    def __init__(self, opening: Opening, line: Line) -> None:
        self._opening = opening
        self._line = line
        self._ended = asyncio.Event()
        self._words_complete = asyncio.Event()
        self._ending: Ending | None = None
        self._faults = 0
        self.journal = CallJournal(opening.call, recorder)
        # No rings: what a call is made of goes with its last reference. The collector stops all
        # calls, for a tenth of a second where it has a hundred calls to free.
        me = weakref.proxy(self)
        self._model = RealtimeModel(lambda event: me.session.on_model(event))
        self._tools = CallTools(opening, lambda: me.session, lambda: me.session.at_ms())
        self.session = Session(opening.plan, me, self._model, self._tools, self.journal, RealTime())

    async def run(self) -> None:
        """Serve until the stream is over; whatever happens, the call's row gets its end."""
        live = LiveCall(self._opening.call.call_id, self.session, self.journal, self._drop)
        live_calls.add(live)
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._connect(), name="model"),
            asyncio.create_task(self._watch(), name="phone-watch"),
            asyncio.create_task(self._ended.wait(), name="ended"),
        ]
        # Undone from the last to the first, each whatever became of the one before it.
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(self._line.closed)
            undo.callback(live_calls.remove, live)
            undo.push_async_callback(_cancel, tasks)
            undo.callback(self._model.close)
            undo.push_async_callback(self._late_words)
            undo.callback(self._line.close)
            undo.push_async_callback(self._stored)
            undo.push_async_callback(self._tools.settled, RUNS_TIMEOUT_S)
            undo.callback(self._tools.abandon)  # a fault may have kept the session from it
            undo.callback(self.session.hung_up, Ending("stream_lost", resume=True))
            await self._line.open(self)
            await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)

    # --- ports.Phone ----------------------------------------------------------------------

    def send(self, text: str) -> None:
        """Queue one message for the phone."""
        if self._line.waiting >= OUTBOX_MAX:
            self.session.hung_up(Ending("stream_lost", NOT_READING, resume=True))
            return
        self._line.send(text)

    def finish(self, ending: Ending) -> None:
        """Write down how the stream ends; the socket closes when that is stored."""
        self._ending = ending
        session = self.session
        self.journal.ended(
            ending,
            {
                "frames_in": session.frames_in,
                "frames_out": session.frames_out,
                "bad_frames": session.bad_frames,
            },
        )
        self._ended.set()

    # --- line.ports.Ears ------------------------------------------------------------------

    def heard(self, message: bytes) -> None:
        """Take one message of the phone."""
        session = self.session
        if session.ended:
            return
        try:
            self._take(message)
        except Exception:
            self._fault()
        if session.ended:  # a fault may have kept it from saying so
            self._ended.set()

    def _take(self, message: bytes) -> None:
        session = self.session
        try:
            frame = frames.decode(message)
        except frames.BadFrame as error:
            session.on_bad_frame(str(error))
            return
        if type(frame) is frames.Start:
            if not self._is_ours(frame):
                session.finish(Ending("protocol_error", "The stream belongs to another call."))
                return
            self.journal.call_sid = frame.start.callSid
        session.on_frame(frame)

    def unreadable(self, why: str) -> None:
        """Count a message that is no text."""
        self.session.on_bad_frame(why)

    def gone(self, code: int) -> None:
        """The phone closed the stream, or was lost."""
        try:
            if code == TOO_BIG:
                self.session.finish(Ending("protocol_error", "A message was too large."))
            else:
                # Without `stop` the line may only have dropped: the redirect brings the caller
                # back.
                self.session.hung_up(Ending("stream_lost", f"closed with {code}", resume=True))
        finally:
            self._ended.set()

    # --- the two sides --------------------------------------------------------------------

    async def _connect(self) -> None:
        settings_ = self._opening.plan.settings
        await self._model.connect(
            settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY, settings_.model
        )

    def _fault(self) -> None:
        # A fault of ours in one frame must not take the call with it.
        self._faults += 1
        if self._faults <= FAULTS_LOGGED:
            log.exception("a frame of the phone could not be handled")

    def _is_ours(self, frame: frames.Start) -> bool:
        start = frame.start
        known = self._opening.call_sid
        right_call = known is None or start.callSid == known
        return start.accountSid == settings.TWILIO_ACCOUNT_SID and right_call

    async def _watch(self) -> None:
        """End the stream once nothing of what waits has got away in time."""
        line = self._line
        while True:
            written = line.written
            await asyncio.sleep(READS_WITHIN_S)
            if line.waiting and line.written == written:
                self.session.hung_up(Ending("stream_lost", NOT_READING, resume=True))

    def _drop(self) -> None:
        self.session.finish(Ending("server_stopped", resume=True))

    async def _stored(self) -> None:
        """Wait for the end to be stored: Twilio asks for the next verb as soon as we close."""
        if await recorder.flush(FLUSH_TIMEOUT_S):
            return
        log.warning("the end of a stream is not stored yet: the database is slow or away")
        if self._ending is None or not self._ending.resume:
            await recorder.flush(FINAL_FLUSH_TIMEOUT_S)

    async def _late_words(self) -> None:
        """What the caller said last is often written down only after the hang-up."""
        speech = self.session.speech
        if speech.waiting_for_words():
            speech.when_all_written(self._words_complete.set)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._words_complete.wait(), LATE_WORDS_S)
        speech.give_up_on_words()


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for task, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, Exception):
            log.error("a stream's %s failed", task.get_name(), exc_info=outcome)
