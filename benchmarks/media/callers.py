"""Many callers as a process: ring, speak stamped sound in real time, read what comes back.

`python -m benchmarks.media.callers '{…}'` takes the fields of `Plan`, prints `measuring` and
`measured` around the window that counts, then one JSON line. Imports picows, twilio's signatures.
"""

import asyncio
import gc
import itertools
import json
import sys
import time
from array import array
from binascii import a2b_base64, b2a_base64
from collections import deque
from dataclasses import dataclass, field

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.media import payload
from benchmarks.media.ringing import Ringing
from benchmarks.results import quantiles

TICK_SECONDS = 0.002
TICKS_PER_FRAME = 10
FRAME_SECONDS = TICK_SECONDS * TICKS_PER_FRAME
GRACE_SECONDS = 0.8  # what is not back by then counts as lost


@dataclass(frozen=True)
class Plan:
    """How many calls, for how long, to where; with `auth_token` the calls ring and are signed."""

    url: str
    calls: int
    seconds: float
    warm_up_seconds: float = 3.0
    calls_per_second: float = 25.0
    auth_token: str = ""
    account_sid: str = ""
    number: str = "+12025550100"
    run: str = "0"


@dataclass
class Counts:
    """What one call saw in the window that counts."""

    sent: int = 0
    returned: int = 0
    reordered: int = 0
    duplicated: int = 0
    crossed: int = 0
    marks: int = 0
    clears: int = 0
    latencies: array = field(default_factory=lambda: array("d"))


class Caller(WSListener):
    """One phone: its socket, what it sends every 20 ms, and what it hears."""

    def __init__(self, index: int, plan: Plan) -> None:
        self.index = index
        self.call_sid = f"CA{plan.run:0>8}{index:024x}"
        self.stream_sid = f"MZ{plan.run:0>8}{index:024x}"
        self.plan = plan
        self.counts = Counts()
        self.transport: WSTransport | None = None
        self.ended_early = False
        self.rang_at = 0
        self.first_sound_at = 0
        self.cleared_at: list[int] = []
        self.closing = False
        self._number = 0
        self._last_heard = -1
        self._window: tuple[int, int] | None = None
        self._marks: deque[tuple[float, bytes]] = deque()
        self._played_until = 0.0

    # --- the socket

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say hello as Twilio does."""
        self.transport = transport
        self._send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = {
            "accountSid": self.plan.account_sid or "AC" + "0" * 32,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {},
        }
        message = {"event": "start", "sequenceNumber": "1", "start": start}
        self._send({**message, "streamSid": self.stream_sid})

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Read stamps out of sound, keep marks until they are played."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
            return
        raw = frame.get_payload_as_bytes()
        key = raw.find(b'"payload"')
        if key >= 0:
            start = raw.index(b'"', key + 9) + 1
            self._hear(a2b_base64(raw[start : raw.index(b'"', start)]))
            return
        message = json.loads(raw)
        if message["event"] == "mark":
            self.counts.marks += 1
            echo = {"event": "mark", "streamSid": self.stream_sid, "sequenceNumber": "0"}
            echo["mark"] = message["mark"]
            self._marks.append((self._played_until, _compact(echo)))
        elif message["event"] == "clear":
            self.counts.clears += 1
            self.cleared_at.append(time.monotonic_ns())
            self._played_until = 0.0
            while self._marks:  # a cleared buffer gives all of its marks back at once
                transport.send(WSMsgType.TEXT, self._marks.popleft()[1])

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Notice a call that the other side ended."""
        self.ended_early = self.ended_early or not self.closing
        self.transport = None

    # --- speaking and hearing

    def speak(self, now: float) -> None:
        """Send the next 20 ms, then the marks that were played meanwhile."""
        if self.transport is None:
            return
        sound = payload.make(self.index, self._number, time.monotonic_ns())
        text = b2a_base64(sound, newline=False).decode()
        self.transport.send(
            WSMsgType.TEXT,
            f'{{"event":"media","sequenceNumber":"{self._number + 2}","media":{{"track":"inbound",'
            f'"chunk":"{self._number + 1}","timestamp":"{self._number * 20}","payload":"{text}"}},'
            f'"streamSid":"{self.stream_sid}"}}'.encode(),
        )
        self._number += 1
        while self._marks and self._marks[0][0] <= now:
            self.transport.send(WSMsgType.TEXT, self._marks.popleft()[1])

    def measure(self, frames: int) -> None:
        """Count from the next frame on, for this many frames."""
        self._window = (self._number, self._number + frames)
        self.counts = Counts(sent=frames)

    def _hear(self, sound: bytes) -> None:
        now = time.monotonic_ns()
        self.first_sound_at = self.first_sound_at or now
        self._played_until = max(self._played_until, now / 1e9) + len(sound) / 8000
        counts = self.counts
        for stamp in payload.read(sound):
            if stamp.call != self.index:
                counts.crossed += 1
                continue
            if stamp.number <= self._last_heard:
                counts.duplicated += stamp.number == self._last_heard
                counts.reordered += stamp.number < self._last_heard
                continue
            self._last_heard = stamp.number
            if self._window and self._window[0] <= stamp.number < self._window[1]:
                counts.returned += 1
                hops = (stamp.model_received - stamp.sent) + (now - stamp.model_sent)
                counts.latencies.append(hops / 1e6)

    def hang_up(self) -> None:
        """End the call as Twilio does."""
        self.closing = True
        if self.transport is not None:
            stop = {"accountSid": self.plan.account_sid, "callSid": self.call_sid}
            message = {"event": "stop", "sequenceNumber": str(self._number + 2), "stop": stop}
            self._send({**message, "streamSid": self.stream_sid})
            self.transport.send_close()
            self.transport.disconnect()

    def _send(self, message: dict[str, object]) -> None:
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, _compact(message))


def _compact(message: dict[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


async def _connect(caller: Caller, plan: Plan) -> None:
    url, headers = plan.url, {}
    caller.rang_at = time.monotonic_ns()
    if plan.auth_token:
        ringing = Ringing(plan.url, plan.account_sid, plan.auth_token, plan.number)
        url, headers = await asyncio.to_thread(ringing.ring, caller.call_sid, caller.index)
    await ws_connect(lambda: caller, url, extra_headers=headers, use_aiofastnet=False)


class Metronome:
    """Lets every caller speak once in 20 ms, spread evenly, on an absolute schedule."""

    def __init__(self, callers: list[Caller]) -> None:
        self._slots = [callers[slot::TICKS_PER_FRAME] for slot in range(TICKS_PER_FRAME)]
        self.worst_lag = 0.0

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for beat in itertools.count():
            due = began + beat * TICK_SECONDS
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            now = time.monotonic()
            self.worst_lag = max(self.worst_lag, loop.time() - due)
            for caller in self._slots[beat % TICKS_PER_FRAME]:
                caller.speak(now)


async def run(plan: Plan) -> dict[str, object]:
    """Make the calls and return what was measured."""
    callers = [Caller(index, plan) for index in range(plan.calls)]
    metronome = Metronome(callers)
    beating = asyncio.ensure_future(metronome.run())
    failures = []
    for caller in callers:
        try:
            await _connect(caller, plan)
        except Exception as error:
            failures.append(f"call {caller.index}: {error!r}")
        await asyncio.sleep(1 / plan.calls_per_second)
    await asyncio.sleep(plan.warm_up_seconds)
    gc.collect()
    gc.disable()
    metronome.worst_lag = 0.0
    print("measuring", flush=True)
    for caller in callers:
        caller.measure(round(plan.seconds / FRAME_SECONDS))
    await asyncio.sleep(plan.seconds)
    print("measured", flush=True)
    await asyncio.sleep(GRACE_SECONDS)
    beating.cancel()
    hung_up_at = time.monotonic_ns()
    for caller in callers:
        caller.hang_up()
    await asyncio.sleep(0.2)
    return {**_report(callers, failures, metronome.worst_lag), "hung_up_at": hung_up_at}


def _report(callers: list[Caller], failures: list[str], lag: float) -> dict[str, object]:
    ordered = [value for caller in callers for value in caller.counts.latencies]
    counts = [caller.counts for caller in callers]
    sent, returned = sum(c.sent for c in counts), sum(c.returned for c in counts)
    return {
        "calls": len(callers),
        "frames": sent,
        "lost": sent - returned,
        "reordered": sum(c.reordered for c in counts),
        "duplicated": sum(c.duplicated for c in counts),
        "crossed": sum(c.crossed for c in counts),
        "marks": sum(c.marks for c in counts),
        "clears": sum(c.clears for c in counts),
        "ended_early": sum(caller.ended_early for caller in callers),
        "failures": failures[:5],
        "generator_lag_ms": round(lag * 1000, 2),
        **quantiles(ordered),
        "greeting_ms": [
            round((caller.first_sound_at - caller.rang_at) / 1e6, 1)
            for caller in callers
            if caller.first_sound_at
        ],
        "cleared_at": {caller.index: caller.cleared_at for caller in callers if caller.cleared_at},
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Plan(**json.loads(sys.argv[1]))))), flush=True)
