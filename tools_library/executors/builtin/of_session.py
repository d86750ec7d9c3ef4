"""The platform's tools that act on a live call: which of them an assistant's settings offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools_library.behaviour import Approval
from tools_library.executors.builtin import end_call, press_keys, transfer_call
from voiceassist.assistants.spec import ToolsSettings

_TEXTS = {
    end_call.NAME: end_call.texts,
    transfer_call.NAME: transfer_call.texts,
    press_keys.NAME: press_keys.texts,
}


_SECONDS = {
    end_call.NAME: 30,
    transfer_call.NAME: 120,  # the sentence before, the ringing, and the way there and back
    press_keys.NAME: 30,
}


@dataclass(frozen=True)
class SessionTool:
    """One of them, as the model gets it; `approval` names who says yes first."""

    name: str
    display_name: str
    definition: dict[str, Any]
    side_effect: str
    seconds: int
    approval: Approval = "none"


def display_name(name: str, language: str = "en") -> str | None:
    """Return what people call one of these tools; None for any other."""
    texts = _TEXTS.get(name)
    return texts(language)["display_name"] if texts else None


def seconds_of(name: str) -> int | None:
    """Return how long a run of one of these tools may stay open; None for any other name."""
    return _SECONDS.get(name)


def offered(settings: ToolsSettings, language: str) -> tuple[SessionTool, ...]:
    """Return those that the settings switch on.

    `endCall` and `transferCall` have settings of their own; what has none is in `enabled_tools`.
    """
    found = []
    if settings.end_call.enabled:
        definition = end_call.definition(settings.end_call, language)
        found.append((end_call.NAME, definition, "irreversible"))
    if transfer_call.destinations(settings.transfer_call):
        definition = transfer_call.definition(settings.transfer_call, language)
        found.append((transfer_call.NAME, definition, "irreversible"))
    if press_keys.NAME in settings.enabled_tools:
        found.append((press_keys.NAME, press_keys.definition(language), "write"))
    return tuple(
        SessionTool(
            name,
            display_name(name, language) or name,
            definition,
            side_effect,
            _SECONDS[name],
            settings.approval.get(name, "none"),
        )
        for name, definition, side_effect in found
    )
