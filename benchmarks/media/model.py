"""A fake model as a process: gives every caller's sound back at once; imports picows.

Around the echo it sends what a real session sends: created and updated sessions, responses of four
seconds with words that run beside the sound, their ends with usage, and what the caller "said".
It prints one line, `ready`, when it listens.
"""

import asyncio
import json
import sys
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.media import payload

FRAMES_PER_RESPONSE = 200
FRAMES_PER_WORD = 15
PATIENCE_SECONDS = 1.0  # how long a session may take to ask for its first response


class EchoSession(WSListener):
    """One session of the model."""

    def __init__(self) -> None:
        self._serial = 0
        self._frames = 0
        self._prefix = b""
        self._response = ""
        self._item = ""
        self._metadata: dict[str, Any] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greet as the real service does."""
        self.transport = transport
        self._send("session.created", session=_session({}))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Echo sound on the short way; answer the few events that want an answer."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        received = time.monotonic_ns()
        raw = frame.get_payload_as_bytes()
        if b"input_audio_buffer.append" in raw[:200]:
            self._echo(raw, received)
            return
        self._take(json.loads(raw))

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "session.update":
            self._send("session.updated", session=_session(event["session"]))
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._begin_response)
        elif event["type"] == "response.create":
            self._begin_response(event.get("response", {}).get("metadata"))

    def _echo(self, raw: bytes, received: int) -> None:
        if not self._prefix:
            return  # nobody asked for an answer yet
        start = raw.index(b'"', raw.index(b'"audio":') + 8) + 1
        sound = a2b_base64(raw[start : raw.index(b'"', start)])
        stamped = payload.answer(sound, received, time.monotonic_ns())
        delta = self._prefix + b2a_base64(stamped, newline=False) + b'"}'
        self.transport.send(WSMsgType.TEXT, delta)
        self._frames += 1
        if self._frames % FRAMES_PER_WORD == 0:
            self._about_sound("response.output_audio_transcript.delta", delta=" word")
        if self._frames % FRAMES_PER_RESPONSE == 0:
            self._end_response()
            self._hear()
            self._begin_response()

    def _begin_response(self, metadata: dict[str, Any] | None = None) -> None:
        if self._prefix:
            return
        self._metadata = metadata
        self._response, self._item = self._name("resp"), self._name("item")
        item = {"id": self._item, "type": "message", "role": "assistant", "status": "in_progress"}
        item["content"] = []
        self._send("response.created", response=self._summary("in_progress", []))
        self._send(
            "response.output_item.added", response_id=self._response, output_index=0, item=item
        )
        self._send("conversation.item.added", previous_item_id=None, item=item)
        self._about_sound("response.content_part.added", part={"type": "audio", "transcript": ""})
        head = {"type": "response.output_audio.delta", "event_id": "event_sound", **self._place()}
        self._prefix = json.dumps(head, separators=(",", ":"))[:-1].encode() + b',"delta":"'

    def _end_response(self, status: str = "completed") -> None:
        self._prefix = b""
        words = " ".join(["word"] * (FRAMES_PER_RESPONSE // FRAMES_PER_WORD))
        part = {"type": "output_audio", "transcript": words}
        ended = "completed" if status == "completed" else "incomplete"
        item = {"id": self._item, "type": "message", "role": "assistant", "status": ended}
        item["content"] = [part]
        self._about_sound("response.output_audio.done")
        self._about_sound("response.output_audio_transcript.done", transcript=words)
        self._about_sound("response.content_part.done", part=part)
        self._send(
            "response.output_item.done", response_id=self._response, output_index=0, item=item
        )
        self._send("conversation.item.done", previous_item_id=None, item=item)
        self._send("response.done", response=self._summary(status, [item]))

    def _hear(self, heard: str = "") -> None:
        heard = heard or self._name("item")
        item = {"id": heard, "type": "message", "role": "user", "status": "completed"}
        item["content"] = [{"type": "input_audio", "transcript": None}]
        self._send("input_audio_buffer.committed", item_id=heard, previous_item_id=self._item)
        self._send("conversation.item.added", previous_item_id=self._item, item=item)
        self._send(
            "conversation.item.input_audio_transcription.completed",
            item_id=heard,
            content_index=0,
            transcript="A sentence of the caller.",
        )

    def _about_sound(self, kind: str, **more: Any) -> None:
        self._send(kind, **self._place(), **more)

    def _place(self) -> dict[str, Any]:
        return {
            "response_id": self._response,
            "item_id": self._item,
            "output_index": 0,
            "content_index": 0,
        }

    def _summary(self, status: str, output: list[Any]) -> dict[str, Any]:
        tokens = {"input_tokens": 120, "output_tokens": 60, "total_tokens": 180}
        return {
            "id": self._response,
            "object": "realtime.response",
            "status": status,
            "status_details": {"reason": "turn_detected"} if status == "cancelled" else None,
            "output": output,
            "metadata": self._metadata,
            "usage": tokens if status == "completed" else None,
        }

    def _name(self, kind: str) -> str:
        self._serial += 1
        return f"{kind}_{self._serial}"

    def _send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": self._name("event"), **fields}
        self.transport.send(WSMsgType.TEXT, json.dumps(event, separators=(",", ":")).encode())


def _session(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_bench",
        "expires_at": int(time.time()) + 3600,
        **given,
    }


async def serve(port: int, session: Callable[[], EchoSession] = EchoSession) -> None:
    """Serve sessions on 127.0.0.1:`port` until the process is ended."""

    def accept(request: WSUpgradeRequest) -> EchoSession:
        return session()

    server = await ws_create_server(accept, "127.0.0.1", port, use_aiofastnet=False)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
