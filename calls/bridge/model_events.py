"""What a voice model tells the session, whatever its wire format; imports only msgspec."""

from __future__ import annotations

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Base of everything a model adapter reports."""


class SessionReady(Event, frozen=True):
    """The session's settings are in force: the model may speak."""


class SpeechStarted(Event, frozen=True):
    """The caller began to speak; ms of audio appended so far, padding included."""

    item_id: str
    audio_start_ms: int = 0


class SpeechStopped(Event, frozen=True):
    """The caller fell silent."""

    item_id: str
    audio_end_ms: int = 0


class ItemPlaced(Event, frozen=True):
    """An item has its place in the conversation: after `previous_item_id` (None: first)."""

    item_id: str
    previous_item_id: str | None = None
    role: str = ""


class AnswerTaken(Event, frozen=True):
    """The model has taken in the answer to a function call."""

    call_id: str


class CallerWords(Event, frozen=True):
    """Part of the caller's words."""

    item_id: str
    delta: str


class CallerSaid(Event, frozen=True):
    """All of the caller's words; empty where they could not be understood."""

    item_id: str
    text: str
    understood: bool = True


class ResponseStarted(Event, frozen=True):
    """A response is active; `request` is ours, or empty where the model began by itself."""

    response_id: str
    request: str = ""


class OutputStarted(Event, frozen=True):
    """A response begins an item: `message` or `function_call`."""

    response_id: str
    item_id: str
    kind: str


class Audio(Event, frozen=True, gc=False):
    """Base64 μ-law to play."""

    response_id: str
    item_id: str
    content_index: int
    payload: str


class AudioDone(Event, frozen=True):
    """An item has all of its audio."""

    item_id: str
    response_id: str = ""


class Words(Event, frozen=True):
    """Part of the assistant's words; runs ahead of the audio."""

    item_id: str
    delta: str
    response_id: str = ""


class WordsDone(Event, frozen=True):
    """All words of an item of the assistant."""

    item_id: str
    text: str


class ToolCalled(Event, frozen=True):
    """A complete function call; `arguments` is the model's JSON text."""

    response_id: str
    item_id: str
    call_id: str
    name: str
    arguments: str


class ResponseEnded(Event, frozen=True):
    """A response is over: `completed`, `cancelled`, `incomplete` or `failed`."""

    response_id: str
    status: str
    reason: str = ""
    error_code: str = ""
    error_message: str = ""
    usage: dict[str, Any] = {}


class Problem(Event, frozen=True):
    """The model refused one of our events, or had a trouble of its own; the session goes on."""

    code: str
    message: str
    event_id: str = ""


class SessionLost(Event, frozen=True):
    """The connection to the model is gone."""

    detail: str
    expired: bool = False
