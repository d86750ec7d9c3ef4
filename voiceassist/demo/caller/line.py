"""The phone's end of one media stream: 20 ms frames out, playback in; imports picows.

One timer for each line and no task for each frame, so that a hundred fit into one loop.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from voiceassist.demo import mulaw
from voiceassist.demo.caller import messages
from voiceassist.demo.caller.ears import Ears, Heard
from voiceassist.demo.caller.playback import Cleared, Mark, Playback

FRAME_S = mulaw.FRAME_MS / 1000
HANDSHAKE_S = 10.0
CLOSING_S = 1.0
WARNINGS_MAX = 50  # of one stream
SLACK_S = 0.001  # a loop's timer may be early by its resolution
FIRST_TIMESTAMP_MS = 5
ABNORMAL = 1006


def to_payloads(audio: bytes) -> list[str]:
    """Return μ-law as base64 frames of 20 ms; the last one is filled up with silence."""
    size = mulaw.FRAME_BYTES
    return [
        base64.b64encode(audio[at : at + size].ljust(size, bytes([mulaw.SILENCE]))).decode()
        for at in range(0, len(audio), size)
    ]


def _hush() -> list[str]:
    """A second of a quiet line, which is never quite silent."""
    noise = random.Random(7)  # noqa: S311 - sound, not a secret
    return to_payloads(bytes(noise.choice(b"\xff\x7f\xfe\x7e") for _ in range(mulaw.RATE)))


_HUSH = _hush()


class StreamRefused(Exception):
    """The socket could not be opened (31920); the text says why."""


class Line(WSListener):
    """One open stream; times are of the monotonic clock, in seconds."""

    def __init__(
        self,
        writer: messages.Writer,
        stream_sid: str,
        on_event: Callable[[str, str], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.stream_sid = stream_sid
        self.playback = Playback()
        self.ears = Ears()
        self.echoes: list[tuple[Mark, float]] = []
        self.clears: list[Cleared] = []
        self.warnings: list[tuple[str, str]] = []
        self.latencies: list[float] = []
        self.barge_ins: list[float] = []
        self.frames_in = self.frames_out = 0
        self.began = 0.0
        self.first_audio_at: float | None = None
        self._spoke_until: float | None = None
        self._speaks = False
        self._interrupts_since: float | None = None
        self.closed: asyncio.Future[int] = self._loop.create_future()
        self._writer = writer
        self._on_event = on_event
        self._transport: WSTransport | None = None
        self._leaving: WSTransport | None = None
        self._speech: deque[str] = deque()
        self._spoken: asyncio.Future[None] | None = None
        self._fragments = bytearray()
        self._due: asyncio.TimerHandle | None = None
        self._tick_timer: asyncio.TimerHandle | None = None
        self._next = 0.0

    # --- the socket -----------------------------------------------------------------------

    async def open(self, url: str, signature: str, parameters: dict[str, str]) -> None:
        """Open the stream and begin to send.

        Raises:
            StreamRefused: no WebSocket there, or the handshake was answered otherwise.
        """
        try:
            await ws_connect(
                lambda: self,
                url,
                websocket_handshake_timeout=HANDSHAKE_S,
                extra_headers={"X-Twilio-Signature": signature, "User-Agent": "Twilio.TmeWs/1.0"},
                max_redirects=0,
                use_aiofastnet=False,
            )
        except (WSError, OSError, TimeoutError) as error:
            status = getattr(getattr(error, "response", None), "status", None)
            why = f"answered {int(status)}" if status else str(error) or type(error).__name__
            raise StreamRefused(f"31920: {url} {why}") from error
        self.began = self._next = time.monotonic()
        self.send_raw(messages.connected())
        self.send_raw(self._writer.start(parameters))
        self._tick()

    def send_raw(self, text: str) -> None:
        """Send a text frame as it is."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, text.encode())

    def stop(self) -> None:
        """Say `stop` and close, as at a hang-up."""
        self.send_raw(self._writer.stop())
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
        self._end(1000)

    def lose(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)
        self._end(ABNORMAL)

    async def gone(self) -> None:
        """Wait until the other side has closed, too; drop the connection where it does not."""
        transport, self._leaving = self._leaving, None
        if transport is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(transport.wait_disconnected(), CLOSING_S)
            transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone, with or without a close frame."""
        self._end(ABNORMAL)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame."""
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            code = frame.get_close_code()
            if not transport.is_close_frame_sent:
                # A close without a code cannot be answered by that: 0 is no code on the wire.
                transport.send_close(code if code.value else WSCloseCode.OK)
            transport.disconnect()
            self._end(int(code.value))
        elif kind == WSMsgType.BINARY:
            self._warn(messages.BINARY, "a binary frame")
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._fragments += frame.get_payload_as_memoryview()
            if frame.fin:
                raw = bytes(self._fragments)
                self._fragments.clear()
                self._take(raw)

    def _end(self, code: int) -> None:
        for timer in (self._tick_timer, self._due):
            if timer is not None:
                timer.cancel()
        if self._transport is not None:
            self._leaving, self._transport = self._transport, None
        if not self.closed.done():
            now = time.monotonic()
            if self.playback.playing(now):
                self.playback.runs[-1].end = now
            self.closed.set_result(code)
        self._say_spoken()

    # --- what comes -----------------------------------------------------------------------

    def _take(self, raw: bytes) -> None:
        try:
            message = messages.read(raw, self.stream_sid)
        except messages.Refused as refusal:
            self._warn(refusal.code, str(refusal))
            return
        now = time.monotonic()
        if isinstance(message, messages.Audio):
            self._play(message.data, now)
        elif isinstance(message, messages.MarkName):
            self.playback.mark(message.name, now)
            self._echo_due()
        else:
            self._clear(now)

    def _clear(self, now: float) -> None:
        cleared = self.playback.clear(now)
        self.ears.cut(now)
        self.clears.append(cleared)
        self._echo(list(cleared.marks), now)
        self._echo_due()
        if cleared.lost_ms:
            self._on_event("cleared", str(round(cleared.played_ms)))
        if self._interrupts_since is not None:
            self.barge_ins.append(now - self._interrupts_since)
            self._interrupts_since = None

    def _warn(self, code: str, text: str) -> None:
        if len(self.warnings) < WARNINGS_MAX:
            self.warnings.append((code, text))

    def _play(self, audio: bytes, now: float) -> None:
        fresh = not self.playback.playing(now)
        self.frames_in += 1
        if self.first_audio_at is None:
            self.first_audio_at = now
        if fresh and self._spoke_until is not None:
            self.latencies.append(now - self._spoke_until)
            self._spoke_until = None
        begins = self.playback.media(len(audio), now)
        if begins is None:
            self._warn(messages.OVERFLOW, "more than ten minutes of audio are waiting")
            return
        for heard in self.ears.listen(audio, begins, fresh=fresh):
            self._at(heard.begins, self._begin_to_hear, heard)

    def _begin_to_hear(self, heard: Heard) -> None:
        if heard in self.ears.heard and not self.closed.done():
            self._on_event("heard", heard.text)

    def _echo_due(self) -> None:
        now = time.monotonic()
        self._echo(self.playback.take_due(now), now)
        if self._due is not None:
            self._due.cancel()
            self._due = None
        due = self.playback.next_due()
        if due is not None and self._transport is not None:
            self._due = self._at(due, self._echo_due)

    def _echo(self, marks: list[Mark], now: float) -> None:
        for mark in marks:
            self.echoes.append((mark, now))
            self.send_raw(self._writer.mark(mark.name))

    # --- what goes ------------------------------------------------------------------------

    def _tick(self) -> None:
        transport, writer = self._transport, self._writer
        if transport is None:
            return
        now = time.monotonic()
        while self._next <= now + SLACK_S:
            payload = self._speech.popleft() if self._speech else None
            if (payload is not None) != self._speaks:
                self._turn(payload is not None)
            if payload is None:
                payload = _HUSH[self.frames_out % len(_HUSH)]
            stamp = FIRST_TIMESTAMP_MS + self.frames_out * mulaw.FRAME_MS
            transport.send(WSMsgType.TEXT, writer.media(payload, stamp).encode())
            self.frames_out += 1
            self._next += FRAME_S
        self._tick_timer = self._at(self._next, self._tick)

    def _turn(self, speaks: bool) -> None:
        """The caller begins or ceases to speak with the frame that is sent now."""
        self._speaks = speaks
        if speaks:
            self._spoke_until = None
            self._interrupts_since = self._next if self.playback.playing(self._next) else None
        else:
            self._spoke_until = self._next
            self._say_spoken()

    async def say(self, payloads: list[str]) -> None:
        """Send some audio in real time; returns when the last frame went out."""
        self._speech.extend(payloads)
        if self._speech and not self.closed.done():
            self._spoken = self._loop.create_future()
            await self._spoken

    def press(self, digit: str) -> None:
        """Press a key."""
        self.send_raw(self._writer.key(digit))

    def _at(self, when: float, callback: Callable[..., None], *args: Heard) -> asyncio.TimerHandle:
        return self._loop.call_later(max(0.0, when - time.monotonic()), callback, *args)

    def _say_spoken(self) -> None:
        if self._spoken is not None and not self._spoken.done():
            self._spoken.set_result(None)
