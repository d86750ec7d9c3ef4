"""Fields of requests' bodies, with errors that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voiceassist.conversations.services.starting import CLIENT_ID_MAX
from voiceassist.foundation.errors import InvalidInput


def text(body: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    """Return a text field; `default` where it is missing or null.

    Raises:
        InvalidInput: it is no text, or missing without a default.
    """
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise InvalidInput({name: "Write text here."})
    return value


def mapping(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object field; empty where it is missing or null.

    Raises:
        InvalidInput: it is something else.
    """
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput({name: "Write an object here."})
    return value


def objects(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a field that is a list of objects; empty where it is missing or null.

    Raises:
        InvalidInput: it is something else.
    """
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InvalidInput({name: "Write a list of objects here."})
    return value


def client_message_id(body: Mapping[str, Any]) -> str:
    """Return what a client calls its message; empty where it does not say.

    Raises:
        InvalidInput: it is no text, or too long.
    """
    name = "client_message_id"
    given = text(body, name, default="")
    if len(given) > CLIENT_ID_MAX:
        raise InvalidInput({name: f"Make it shorter: {CLIENT_ID_MAX} characters at most."})
    return given


def message(body: Mapping[str, Any]) -> str:
    """Return the text of `message`: plain, or document 004's `{"role", "parts"}`.

    Raises:
        InvalidInput: it is neither, or not the user's.
    """
    value = body.get("message")
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise InvalidInput({"message": 'Write text, or {"role": "user", "parts": […]}.'})
    if value.get("role", "user") != "user":
        raise InvalidInput({"message.role": "Only messages of the role user are taken."})
    if isinstance(value.get("content"), str):
        return str(value["content"])
    said = []
    for index, part in enumerate(objects(value, "parts")):
        kind = part.get("type", "text")
        if kind != "text" or not isinstance(part.get("text"), str):
            raise InvalidInput(
                {f"message.parts.{index}": 'Only parts {"type": "text", "text": "…"} are taken.'}
            )
        said.append(part["text"])
    return "\n".join(said)
