"""Client events of the Realtime protocol, checked with the OpenAI SDK's own types, strictly.

Imports the SDK's types, pydantic and msgspec. The SDK's models let unknown fields pass; the real
service does not, so they are refused here.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from openai.types.realtime import (
    ConversationItemCreateEvent,
    ConversationItemDeleteEvent,
    ConversationItemRetrieveEvent,
    ConversationItemTruncateEvent,
    InputAudioBufferAppendEvent,
    InputAudioBufferClearEvent,
    InputAudioBufferCommitEvent,
    OutputAudioBufferClearEvent,
    ResponseCancelEvent,
    ResponseCreateEvent,
    SessionUpdateEvent,
)
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from voiceassist.demo.stand_ins.realtime.errors import EventRefused

APPEND = "input_audio_buffer.append"
_APPEND_FIELDS = frozenset({"type", "audio", "event_id"})

_EVENTS: dict[str, type[BaseModel]] = {
    "session.update": SessionUpdateEvent,
    APPEND: InputAudioBufferAppendEvent,
    "input_audio_buffer.commit": InputAudioBufferCommitEvent,
    "input_audio_buffer.clear": InputAudioBufferClearEvent,
    "output_audio_buffer.clear": OutputAudioBufferClearEvent,
    "conversation.item.create": ConversationItemCreateEvent,
    "conversation.item.delete": ConversationItemDeleteEvent,
    "conversation.item.retrieve": ConversationItemRetrieveEvent,
    "conversation.item.truncate": ConversationItemTruncateEvent,
    "response.create": ResponseCreateEvent,
    "response.cancel": ResponseCancelEvent,
}
_WANTED = {
    "string": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "list": "an array",
    "dict": "an object",
    "model": "an object",
    "model_attributes": "an object",
}
_KINDS = {
    list: "an array",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
}


def decode(raw: str | bytes) -> dict[str, Any]:
    """The JSON object of a message.

    Raises: EventRefused: not JSON, or not an object.
    """
    try:
        event = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EventRefused("invalid_json", f"The message is not valid JSON: {error}") from error
    if not isinstance(event, dict):
        raise EventRefused("invalid_event", "The message must be a JSON object.")
    return event


def check(event: dict[str, Any]) -> None:
    """Refuses a client event that the real service would refuse for its form.

    Raises: EventRefused: unknown type or field, missing or wrong value.
    """
    if "type" not in event:
        raise EventRefused("missing_required_parameter", "The 'type' field is missing.", "type")
    kind = event["type"]
    if kind == APPEND and _is_plain_append(event):
        return
    model = _EVENTS.get(kind) if isinstance(kind, str) else None
    if model is None:
        supported = ", ".join(repr(name) for name in _EVENTS)
        message = f"Invalid value: {kind!r}. Supported values are: {supported}."
        raise EventRefused("invalid_value", message, "type")
    _check_session_type(event)
    try:
        parsed = model.model_validate(event, strict=True)
    except ValidationError as error:
        raise _refusal(error, event) from error
    _refuse_unknown(parsed, "")


def _is_plain_append(event: dict[str, Any]) -> bool:
    # Fifty of these come each second and call; the general check takes fifty times longer.
    return (
        event.keys() <= _APPEND_FIELDS
        and isinstance(event.get("audio"), str)
        and isinstance(event.get("event_id", ""), str)
    )


def _check_session_type(event: dict[str, Any]) -> None:
    session = event.get("session")
    if event["type"] != "session.update" or not isinstance(session, dict):
        return
    if "type" not in session:
        # This is what the retired beta shape lacks first of all.
        raise EventRefused(
            "missing_required_parameter",
            "Missing required parameter: 'session.type'.",
            "session.type",
        )
    if session["type"] != "realtime":
        raise EventRefused(
            "invalid_value",
            f"Invalid value: {session['type']!r}. Supported values are: 'realtime'.",
            "session.type",
        )


def _refuse_unknown(value: object, path: str) -> None:
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            full = f"{path}.{name}" if path else name
            raise EventRefused("unknown_parameter", f"Unknown parameter: '{full}'.", full)
        for name in value.model_fields_set:
            _refuse_unknown(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            _refuse_unknown(entry, f"{path}[{index}]")


def _path(location: Sequence[int | str], event: object, missing: bool) -> tuple[str, object]:
    """Pydantic's location without its names of union branches, and the value found there."""
    text, current = "", event
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, int) and isinstance(current, list) and part < len(current):
            text, current = f"{text}[{part}]", current[part]
        elif isinstance(current, dict) and (part in current or (last and missing)):
            text, current = f"{text}.{part}" if text else str(part), current.get(part)
    return text, current


def _names_branch(found: ErrorDetails) -> bool:
    return found["type"] == "literal_error" and found["loc"][-1] in ("type", "role")


def _complaints(error: ValidationError) -> list[ErrorDetails]:
    """The complaints about the branch that was meant, the deepest first.

    Pydantic names the faults of every branch of every union; the branch that was meant is the
    one whose `type` and `role` fit.
    """
    found = error.errors(include_url=False)
    others = {each["loc"][:-1] for each in found if _names_branch(each)}
    meant = [
        each for each in found if not any(each["loc"][: len(branch)] == branch for branch in others)
    ]
    return sorted(
        meant or [each for each in found if _names_branch(each)],
        key=lambda each: (
            each["type"] == "missing",
            -len(each["loc"]),
            each["type"] != "literal_error",
        ),
    )


def _refusal(error: ValidationError, event: dict[str, Any]) -> EventRefused:
    """One refusal out of pydantic's list."""
    complaints = _complaints(error)
    first = complaints[0]
    missing = first["type"] == "missing"
    path, value = _path(first["loc"], event, missing)
    if missing:
        return EventRefused(
            "missing_required_parameter", f"Missing required parameter: '{path}'.", path
        )
    if first["type"] == "literal_error":
        same = [
            each
            for each in complaints
            if each["type"] == "literal_error" and _path(each["loc"], event, False)[0] == path
        ]
        expected = " or ".join(dict.fromkeys(each["ctx"]["expected"] for each in same))
        return EventRefused(
            "invalid_value", f"Invalid value: {value!r}. Supported values are: {expected}.", path
        )
    wanted = _WANTED.get(first["type"].removesuffix("_type"), "another type")
    got = _KINDS.get(type(value), "null" if value is None else "an object")
    return EventRefused(
        "invalid_type",
        f"Invalid type for '{path}': expected {wanted}, but got {got} instead.",
        path,
    )
