"""OpenAI Realtime JSON ↔ model events; imports msgspec and the events, opens no socket.

Unknown events are normal (new ones appear often) and are skipped before full parsing.
Source: the GA Realtime event reference; field names as in the vendor's SDK types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from calls.bridge import model_events as ev
from calls.bridge.ports import ModelSettings

encode = msgspec.json.encode


class _Type(msgspec.Struct, frozen=True, gc=False):
    type: str


class _Speech(msgspec.Struct, frozen=True):
    item_id: str
    audio_start_ms: int = 0
    audio_end_ms: int = 0


class _Placed(msgspec.Struct, frozen=True):
    item_id: str
    previous_item_id: str | None = None


class _Transcript(msgspec.Struct, frozen=True):
    item_id: str
    delta: str = ""
    transcript: str = ""
    response_id: str = ""


class _Item(msgspec.Struct, frozen=True):
    id: str = ""
    type: str = ""
    role: str | None = None
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class _ItemEvent(msgspec.Struct, frozen=True):
    item: _Item
    previous_item_id: str | None = None
    response_id: str = ""


class _Delta(msgspec.Struct, frozen=True, gc=False):
    response_id: str
    item_id: str
    delta: str
    content_index: int = 0


class _AudioDone(msgspec.Struct, frozen=True):
    item_id: str
    response_id: str = ""


class _ErrorBody(msgspec.Struct, frozen=True):
    code: str | None = None
    type: str | None = None
    message: str | None = None
    event_id: str | None = None


class _StatusDetails(msgspec.Struct, frozen=True):
    reason: str | None = None
    error: _ErrorBody | None = None


class _Response(msgspec.Struct, frozen=True):
    id: str = ""
    status: str = ""
    status_details: _StatusDetails | None = None
    metadata: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


class _ResponseEvent(msgspec.Struct, frozen=True):
    response: _Response


class _ErrorEvent(msgspec.Struct, frozen=True):
    error: _ErrorBody


REQUEST_KEY = "request"  # our name for a response, in its metadata

_type_of = msgspec.json.Decoder(_Type)


def _reader(kind: type[Any], build: Callable[[Any], ev.Event | None]) -> Any:
    decoder = msgspec.json.Decoder(kind)

    def read(raw: bytes) -> ev.Event | None:
        return build(decoder.decode(raw))

    return read


def _tool_called(event: _ItemEvent) -> ev.Event | None:
    item = event.item
    if item.type != "function_call" or item.status != "completed" or not item.call_id:
        return None  # interrupted calls are `incomplete`; their arguments may be a fragment
    return ev.ToolCalled(
        event.response_id, item.id, item.call_id, item.name or "", item.arguments or "{}"
    )


def _item_added(event: _ItemEvent) -> ev.Event:
    item = event.item
    if item.type == "function_call_output":
        return ev.AnswerTaken(item.call_id or "")
    return ev.ItemPlaced(item.id, event.previous_item_id, item.role or "")


def _response_started(event: _ResponseEvent) -> ev.Event:
    request = (event.response.metadata or {}).get(REQUEST_KEY, "")
    return ev.ResponseStarted(event.response.id, str(request))


def _response_ended(event: _ResponseEvent) -> ev.Event:
    response = event.response
    details = response.status_details or _StatusDetails()
    error = details.error or _ErrorBody()
    return ev.ResponseEnded(
        response.id,
        response.status,
        details.reason or "",
        error.code or error.type or "",
        error.message or "",
        response.usage or {},
    )


def _problem(event: _ErrorEvent) -> ev.Event:
    error = event.error
    return ev.Problem(error.code or error.type or "", error.message or "", error.event_id or "")


_readers: Mapping[str, Callable[[bytes], ev.Event | None]] = {
    "response.output_audio.delta": _reader(
        _Delta, lambda e: ev.Audio(e.response_id, e.item_id, e.content_index, e.delta)
    ),
    "response.output_audio.done": _reader(
        _AudioDone, lambda e: ev.AudioDone(e.item_id, e.response_id)
    ),
    "response.output_audio_transcript.delta": _reader(
        _Transcript, lambda e: ev.Words(e.item_id, e.delta, e.response_id)
    ),
    "response.output_audio_transcript.done": _reader(
        _Transcript, lambda e: ev.WordsDone(e.item_id, e.transcript)
    ),
    "session.updated": _reader(_Type, lambda e: ev.SessionReady()),
    "input_audio_buffer.speech_started": _reader(
        _Speech, lambda e: ev.SpeechStarted(e.item_id, e.audio_start_ms)
    ),
    "input_audio_buffer.speech_stopped": _reader(
        _Speech, lambda e: ev.SpeechStopped(e.item_id, e.audio_end_ms)
    ),
    "input_audio_buffer.committed": _reader(
        _Placed, lambda e: ev.ItemPlaced(e.item_id, e.previous_item_id, "user")
    ),
    "conversation.item.added": _reader(_ItemEvent, _item_added),
    "conversation.item.input_audio_transcription.delta": _reader(
        _Transcript, lambda e: ev.CallerWords(e.item_id, e.delta)
    ),
    "conversation.item.input_audio_transcription.completed": _reader(
        _Transcript, lambda e: ev.CallerSaid(e.item_id, e.transcript)
    ),
    "conversation.item.input_audio_transcription.failed": _reader(
        _AudioDone, lambda e: ev.CallerSaid(e.item_id, "", understood=False)
    ),
    "response.created": _reader(_ResponseEvent, _response_started),
    "response.output_item.added": _reader(
        _ItemEvent, lambda e: ev.OutputStarted(e.response_id, e.item.id, e.item.type)
    ),
    "response.output_item.done": _reader(_ItemEvent, _tool_called),
    "response.done": _reader(_ResponseEvent, _response_ended),
    "error": _reader(_ErrorEvent, _problem),
}


def decode(raw: bytes) -> ev.Event | None:
    """Return the event in the session's terms; None for one that does not concern us.

    An event that we know by name but cannot read is a `Problem`, since the call must go on.
    """
    try:
        read = _readers.get(_type_of.decode(raw).type)
        return None if read is None else read(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return ev.Problem("unreadable_event", str(error)[:200])


# --- what we send ---------------------------------------------------------------------------


class _Append(
    msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="input_audio_buffer.append"
):
    audio: str


def append_audio(payload: str) -> bytes:
    """Return an `input_audio_buffer.append` of base64 μ-law."""
    return encode(_Append(payload))


def session_update(settings: ModelSettings, *, listening: bool, event_id: str) -> bytes:
    """Return the whole set-up; without `listening` turn detection is off."""
    detection = dict(settings.turn_detection) if listening else None
    session: dict[str, Any] = {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": settings.instructions,
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "noise_reduction": _noise(settings.noise_reduction),
                "transcription": {
                    "model": settings.transcription_model,
                    "language": settings.language,
                },
                "turn_detection": detection,
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": settings.voice},
        },
        "tools": list(settings.tools),
        "tool_choice": "auto",
    }
    return encode({"type": "session.update", "event_id": event_id, "session": session})


def turn_detection_update(settings: ModelSettings | None, *, event_id: str) -> bytes:
    """Return the update that only turns detection on, or off without settings."""
    detection = dict(settings.turn_detection) if settings else None
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    return encode({"type": "session.update", "event_id": event_id, "session": session})


def clear_audio() -> bytes:
    """Return `input_audio_buffer.clear`."""
    return encode({"type": "input_audio_buffer.clear"})


def create_response(request: str, instructions: str | None) -> bytes:
    """Return `response.create`; the request's name comes back in `response.created`."""
    response: dict[str, Any] = {"metadata": {REQUEST_KEY: request}}
    if instructions is not None:
        response |= {"instructions": instructions, "tool_choice": "none"}
    return encode({"type": "response.create", "event_id": request, "response": response})


def cancel_response(event_id: str) -> bytes:
    """Return `response.cancel`."""
    return encode({"type": "response.cancel", "event_id": event_id})


def truncate(item_id: str, content_index: int, audio_end_ms: int, event_id: str) -> bytes:
    """Return `conversation.item.truncate` at the ms that were heard."""
    return encode(
        {
            "type": "conversation.item.truncate",
            "event_id": event_id,
            "item_id": item_id,
            "content_index": content_index,
            "audio_end_ms": audio_end_ms,
        }
    )


def delete_item(item_id: str, event_id: str) -> bytes:
    """Return `conversation.item.delete`."""
    return encode({"type": "conversation.item.delete", "event_id": event_id, "item_id": item_id})


def tool_output(call_id: str, output: str, event_id: str) -> bytes:
    """Return the item that answers a function call."""
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return encode({"type": "conversation.item.create", "event_id": event_id, "item": item})


def message(role: str, text: str, event_id: str) -> bytes:
    """Return a text item of `user`, `assistant` or `system`."""
    kind = "output_text" if role == "assistant" else "input_text"
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    return encode({"type": "conversation.item.create", "event_id": event_id, "item": item})


def _noise(kind: str | None) -> dict[str, str] | None:
    return {"type": kind} if kind else None
