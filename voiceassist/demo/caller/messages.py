"""Media Streams messages as the phone company writes and reads them; imports msgspec only.

As strict as the real one: an unknown event, an extra field or a foreign stream is refused.
"""

from __future__ import annotations

import binascii
import json
from typing import Any

import msgspec

NOT_UNDERSTOOD = "31951"
BINARY = "31950"
OVERFLOW = "31931"


class Refused(Exception):
    """A message that the phone company ignores; `code` is its warning's number."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class _MediaBody(msgspec.Struct, forbid_unknown_fields=True):
    payload: str


class _MarkBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class _Media(msgspec.Struct, tag_field="event", tag="media", forbid_unknown_fields=True):
    streamSid: str
    media: _MediaBody


class _Mark(msgspec.Struct, tag_field="event", tag="mark", forbid_unknown_fields=True):
    streamSid: str
    mark: _MarkBody


class _Clear(msgspec.Struct, tag_field="event", tag="clear", forbid_unknown_fields=True):
    streamSid: str


class Audio(msgspec.Struct, frozen=True):
    """μ-law to play."""

    data: bytes


class MarkName(msgspec.Struct, frozen=True):
    """A mark to echo once everything before it was played."""

    name: str


class Clear(msgspec.Struct, frozen=True):
    """Throw away what was not played."""


Message = Audio | MarkName | Clear

_decoder = msgspec.json.Decoder(_Media | _Mark | _Clear)


def read(raw: bytes, stream_sid: str) -> Message:
    """Return the message of a text frame.

    Raises:
        Refused: the phone company would warn (31951) and ignore it.
    """
    try:
        message = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(NOT_UNDERSTOOD, f"{error} in {raw[:120]!r}") from error
    if message.streamSid != stream_sid:
        raise Refused(NOT_UNDERSTOOD, f"streamSid {message.streamSid!r} is not this stream's")
    if isinstance(message, _Mark):
        return MarkName(message.mark.name)
    if isinstance(message, _Clear):
        return Clear()
    try:
        return Audio(binascii.a2b_base64(message.media.payload, strict_mode=True))
    except (binascii.Error, ValueError) as error:
        raise Refused(NOT_UNDERSTOOD, f"the payload is not base64: {error}") from error


def connected() -> str:
    """Return the first message; it names no stream."""
    return '{"event":"connected","protocol":"Call","version":"1.0.0"}'


class Writer:
    """Writes one stream's messages; numbers are strings, as on the real wire."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._stream_sid = stream_sid
        self._sequence = 0
        self._chunk = 0

    def start(self, parameters: dict[str, str]) -> str:
        """Return `start`, with the TwiML's parameters."""
        body = {
            "accountSid": self._account_sid,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        }
        return self._message("start", body)

    def media(self, payload: str, timestamp_ms: int) -> str:
        """Return one frame of the caller's audio, given as base64."""
        self._sequence += 1
        self._chunk += 1
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}",'
            f'"streamSid":"{self._stream_sid}","media":{{"track":"inbound",'
            f'"chunk":"{self._chunk}","timestamp":"{timestamp_ms}","payload":"{payload}"}}}}'
        )

    def mark(self, name: str) -> str:
        """Return the echo of a mark."""
        return self._message("mark", {"name": name})

    def key(self, digit: str) -> str:
        """Return a pressed key."""
        return self._message("dtmf", {"track": "inbound_track", "digit": digit})

    def stop(self) -> str:
        """Return the last message."""
        return self._message("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _message(self, event: str, body: dict[str, Any]) -> str:
        self._sequence += 1
        head = {"event": event, "sequenceNumber": str(self._sequence)}
        return json.dumps({**head, "streamSid": self._stream_sid, event: body})
