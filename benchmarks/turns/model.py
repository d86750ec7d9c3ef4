"""Fake models that take turns: one is interrupted again and again, one calls tools.

`python -m benchmarks.turns.model PORT KIND NOTES TOOL_PORT` with KIND `interrupted` or `calling`.
What happened when is written to the file NOTES, one JSON line each, in monotonic ns.
"""

import asyncio
import itertools
import json
import sys
import time
from base64 import b64encode
from binascii import a2b_base64
from pathlib import Path
from typing import Any

import uvloop
from picows import WSTransport

from benchmarks.media import payload
from benchmarks.media.model import EchoSession, serve
from benchmarks.turns.tool_server import serve_tools

SOUND = b64encode(b"\x7f" * 1600).decode()  # 200 ms
BURST = 15  # pieces of sound sent at once: three seconds that the phone plays for long
INTERRUPT_AFTER_SECONDS = 0.8
STALE = 5  # pieces that were on their way when the caller spoke up
REST_SECONDS = 0.5
CALL_EVERY_SECONDS = 1.0

_numbers = itertools.count(1000)


class TurnSession(EchoSession):
    """Speaks in bursts instead of echoing; learns from the sound which call it is in."""

    notes = Path()

    def __init__(self) -> None:
        super().__init__()
        self.call = -1
        self._gone = False
        self._tasks: set[asyncio.Task[None]] = set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Stop talking into a closed socket."""
        self._gone = True
        for task in self._tasks:
            task.cancel()

    def _echo(self, raw: bytes, received: int) -> None:
        if self.call < 0:
            start = raw.index(b'"', raw.index(b'"audio":') + 8) + 1
            stamps = payload.read(a2b_base64(raw[start : raw.index(b'"', start)]))
            self.call = stamps[0].call if stamps else -1

    def _speak(self, pieces: int) -> None:
        for _ in range(pieces):
            self._about_sound("response.output_audio.delta", delta=SOUND)
        self._about_sound("response.output_audio_transcript.delta", delta=" some words")

    def _note(self, kind: str, **more: Any) -> None:
        line = json.dumps({"kind": kind, "call": self.call, "at": time.monotonic_ns(), **more})
        with self.notes.open("a") as file:
            file.write(line + "\n")

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class InterruptedSession(TurnSession):
    """Is interrupted 0.8 s into each of its answers, once turn detection is on.

    Every other answer is whole by then: all of it is sent, only the phone still plays it.
    """

    _listening = False
    _running = False

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "session.update":
            listening = event["session"].get("audio", {}).get("input", {}).get("turn_detection")
            self._listening = bool(listening)
            self._send("session.updated", session={**event["session"], "id": "sess_bench"})
        elif event["type"] == "response.create" and not self._running:
            self._running = True
            self._later(self._talk(event.get("response", {}).get("metadata")))
        elif event["type"] == "conversation.item.truncate":
            self._note("truncated", item=event["item_id"], heard_ms=event["audio_end_ms"])

    async def _talk(self, metadata: dict[str, Any] | None) -> None:
        for whole in itertools.cycle((False, True)):
            self._begin_response(metadata)
            metadata = None
            began = time.monotonic_ns()
            self._speak(BURST)
            if whole or not self._listening:
                self._end_response()
            await asyncio.sleep(INTERRUPT_AFTER_SECONDS)
            if self._listening:
                self._interrupt(began, whole=not self._prefix)
            else:
                await asyncio.sleep(BURST * 0.2)
            await asyncio.sleep(REST_SECONDS)

    def _interrupt(self, began: int, *, whole: bool) -> None:
        heard = self._name("item")
        start_ms = 0
        # Noted first: the answer may be on the wire before this process goes on.
        spoke_ms = (time.monotonic_ns() - began) / 1e6
        self._note("speech_started", item=self._item, spoke_ms=spoke_ms, whole=whole)
        self._send("input_audio_buffer.speech_started", item_id=heard, audio_start_ms=start_ms)
        if not whole:
            self._speak(STALE)
            self._end_response("cancelled")
        self._send("input_audio_buffer.speech_stopped", item_id=heard, audio_end_ms=start_ms + 300)
        self._hear(heard)


class CallingSession(TurnSession):
    """Calls a tool every second, and speaks a little after each answer."""

    _started = False

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "session.update":
            self._send("session.updated", session={**event["session"], "id": "sess_bench"})
        elif event["type"] == "response.create":
            self._begin_response(event.get("response", {}).get("metadata"))
            self._speak(2)
            self._end_response()
            if not self._started:
                self._started = True
                self._later(self._call_tools())
        elif event["type"] == "conversation.item.create":
            item = event["item"]
            if item["type"] == "function_call_output":
                self._note("answered", id=item["call_id"], output=item["output"][:200])

    async def _call_tools(self) -> None:
        await asyncio.sleep(1 + CALL_EVERY_SECONDS * (self.call % 25) / 25)
        while not self._gone:
            self._call_tool()
            await asyncio.sleep(CALL_EVERY_SECONDS)

    def _call_tool(self) -> None:
        number = next(_numbers)
        item = {
            "id": self._name("item"),
            "type": "function_call",
            "status": "completed",
            "name": "lookup_order",
            "call_id": f"call_{number}",
            "arguments": json.dumps({"order_id": str(number)}),
        }
        self._response, self._item, self._metadata = self._name("resp"), item["id"], None
        place = {"response_id": self._response, "output_index": 0}
        self._send("response.created", response=self._summary("in_progress", []))
        started = {**item, "status": "in_progress", "arguments": ""}
        self._send("response.output_item.added", item=started, **place)
        self._note("called", id=item["call_id"], order=str(number))
        self._send("response.output_item.done", item=item, **place)
        self._send("response.done", response=self._summary("completed", [item]))


KINDS = {"interrupted": InterruptedSession, "calling": CallingSession}


async def main(port: int, kind: str, notes: str, tool_port: int) -> None:
    """Serve sessions of a kind, and the tool they call."""
    TurnSession.notes = Path(notes)
    await serve_tools(tool_port, Path(notes))
    await serve(port, KINDS[kind])


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
