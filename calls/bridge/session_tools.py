"""Tools that the session itself performs, each by its name; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from calls.bridge import end_call, press_keys, transfer_call
from calls.bridge.ports import ToolCall

if TYPE_CHECKING:
    from calls.bridge.session import Session

Perform = Callable[["Session", ToolCall, Mapping[str, Any], bool], None]

_PERFORM: dict[str, Perform] = {
    "endCall": end_call.perform,
    "transferCall": transfer_call.perform,
    "press_keys": press_keys.perform,
}


def perform(session: Session, response_id: str, *, spoken: bool) -> None:
    """Perform what a finished response asked of the session.

    Args:
        spoken: the response said something itself, so that no farewell is needed.
    """
    for call in session.calls.for_session(response_id):
        _PERFORM.get(call.name, _unknown)(session, call, _arguments(call), spoken)


def _unknown(session: Session, call: ToolCall, _: Mapping[str, Any], spoken: bool) -> None:
    session.calls.turn_down(call, "not_allowed", f"{call.name} does not work in a phone call.")


def _arguments(call: ToolCall) -> Mapping[str, Any]:
    """Return the arguments as far as they are an object; what is missing is judged by each tool."""
    try:
        given = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
