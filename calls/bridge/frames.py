"""Twilio Media Streams JSON ↔ typed frames, nothing else; imports only msgspec.

Source: Twilio "Media Streams: WebSocket messages". Numbers inside the messages are strings.
"""

from __future__ import annotations

from typing import Any

import msgspec

ENCODING = "audio/x-mulaw"
FRAME_BYTES = 160  # 20 ms of 8 kHz μ-law
BYTES_PER_MS = 8


class BadFrame(Exception):
    """The phone's message cannot be read; the text says why."""


class MediaFormat(msgspec.Struct, frozen=True):
    """What the stream carries; anything but 8 kHz mono μ-law is refused."""

    encoding: str = ENCODING
    sampleRate: int = 8000
    channels: int = 1


class StartBody(msgspec.Struct, frozen=True):
    """Who is calling on which stream."""

    accountSid: str = ""
    streamSid: str = ""
    callSid: str = ""
    mediaFormat: MediaFormat = MediaFormat()
    customParameters: dict[str, str] = {}


class MediaBody(msgspec.Struct, frozen=True, gc=False):
    """One piece of audio; `timestamp` is ms since the stream began, in Twilio's clock."""

    payload: str
    timestamp: str = "0"
    track: str = "inbound"


class MarkBody(msgspec.Struct, frozen=True, gc=False):
    """The name we gave a mark."""

    name: str = ""


class DtmfBody(msgspec.Struct, frozen=True, gc=False):
    """A key the caller pressed."""

    digit: str = ""


class Connected(msgspec.Struct, frozen=True, tag_field="event", tag="connected"):
    """The first message; has no stream yet."""


class Start(msgspec.Struct, frozen=True, tag_field="event", tag="start"):
    """The stream begins."""

    start: StartBody
    streamSid: str = ""


class Media(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="media"):
    """Audio of the caller."""

    media: MediaBody


class Mark(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="mark"):
    """Everything sent before this mark has been played, or flushed by `clear`."""

    mark: MarkBody


class Dtmf(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="dtmf"):
    """The caller pressed a key."""

    dtmf: DtmfBody


class Stop(msgspec.Struct, frozen=True, tag_field="event", tag="stop"):
    """The stream is over."""


class Unknown(msgspec.Struct, frozen=True):
    """A message of a kind that is new to us; it is ignored."""

    event: str


Frame = Connected | Start | Media | Mark | Dtmf | Stop | Unknown

_known = msgspec.json.Decoder(Connected | Start | Media | Mark | Dtmf | Stop)
_any = msgspec.json.Decoder(Unknown)
_encode = msgspec.json.encode


def decode(text: str | bytes) -> Frame:
    """Return the typed frame.

    Raises:
        BadFrame: not JSON, no object, or a known event with a wrong shape.
    """
    try:
        frame: Frame = _known.decode(text)
        return frame
    except msgspec.ValidationError as error:
        unknown = _unknown_event(text)
        if unknown is None:
            raise BadFrame(str(error)) from error
        return unknown
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFrame(f"not JSON: {error}") from error
    except RecursionError as error:
        raise BadFrame("nested too deeply") from error


def _unknown_event(text: str | bytes) -> Unknown | None:
    try:
        frame = _any.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    known = {"connected", "start", "media", "mark", "dtmf", "stop"}
    return None if frame.event in known else frame


class Encoder:
    """Writes the three messages Twilio takes, for one stream."""

    def __init__(self, stream_sid: str) -> None:
        sid = _text(stream_sid)
        self._media_head = f'{{"event":"media","streamSid":{sid},"media":{{"payload":"'
        self._mark_head = f'{{"event":"mark","streamSid":{sid},"mark":{{"name":'
        self._clear = f'{{"event":"clear","streamSid":{sid}}}'

    def media(self, payload: str) -> str:
        """Return a media message; `payload` is base64 (its alphabet needs no escaping)."""
        return f'{self._media_head}{payload}"}}}}'

    def mark(self, name: str) -> str:
        """Return a mark message."""
        return f"{self._mark_head}{_text(name)}}}}}"

    def clear(self) -> str:
        """Return the message that empties Twilio's buffer."""
        return self._clear


def _text(value: Any) -> str:
    return _encode(value).decode()


def is_base64(payload: str) -> bool:
    """Return whether audio can stand in a JSON string as it is; cheap, it is asked per piece."""
    return '"' not in payload and "\\" not in payload
