"""Fills `${}` in what an assistant says and is told, from the names of a call; pure text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voiceassist.foundation import templating

NAMES = (
    "call_sid",
    "phone_number",
    "phone_numbers.from",
    "phone_numbers.to",
    "assistant_id",
    "assistant_name",
    "organization_id",
    "organization_name",
    "user_id",
    "conversation_id",
    "trigger_context",
)
"""What an assistant's words may use; never credentials, which must not reach the model."""


def fill(text: str, context: Mapping[str, Any]) -> str:
    """Return `text` with its placeholders filled; a name without a value becomes nothing.

    A live call must not stop over a placeholder: names are checked when the assistant is saved.

    Raises:
        TemplateError: a placeholder is not closed or holds no name.
    """
    return templating.fill(text, lambda name: _value(context, name))


def _value(context: Mapping[str, Any], path: str) -> str:
    value: Any = context
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return "" if value is None or isinstance(value, Mapping) else str(value)
