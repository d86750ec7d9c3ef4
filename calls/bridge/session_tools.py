"""What the session of a call performs itself, each act by its name; imports the engine's schema.

It is judged as every tool is: arguments that do not fit are told to the model, and what somebody
must say yes to waits for that, as it waits in a worker's tool.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import proxy

from calls.bridge import end_call, press_keys, transfer_call
from calls.bridge.ports import CallPlan, ToolCall
from tools_library.engine import schema
from tools_library.engine.errors import ToolError, ToolNotAllowed

if TYPE_CHECKING:
    from calls.bridge.session import Session

ENDED_FIRST = "The call ended before this could be done."

Perform = Callable[["Session", ToolCall, Mapping[str, Any], bool], None]
# Returns the arguments as the tool's schema names them; raises ToolError where they make no sense.
Understand = Callable[[CallPlan, dict[str, Any]], dict[str, Any]]

_PERFORM: dict[str, Perform] = {
    "endCall": end_call.perform,
    "transferCall": transfer_call.perform,
    "press_keys": press_keys.perform,
}
_UNDERSTAND: dict[str, Understand] = {
    "transferCall": transfer_call.understand,
    "press_keys": press_keys.understand,
}


class SessionTools:
    """The acts of one session."""

    def __init__(self, session: Session) -> None:
        self._session: Session = proxy(session)
        self._allowed: deque[str] = deque()  # call ids that wait until the caller is silent

    def perform(self, response_id: str, *, spoken: bool) -> None:
        """Perform what a finished response asked for; what needs a yes is left to ask for it.

        Args:
            spoken: the response said something itself, so that no farewell is needed.
        """
        for entry in self._session.calls.for_session(response_id):
            call = self._understood(entry.call)
            if call is None:
                continue
            entry.call = call
            if entry.performed_at_once():
                self._perform(call, spoken=spoken)

    def allow(self, call_id: str, arguments: Mapping[str, Any]) -> None:
        """Somebody said yes: perform it once the caller is silent; too late, its run is over."""
        entry = None if self._session.ended else self._session.calls.allow(call_id)
        if entry is None:
            self._session.tools.finish_here(call_id, "cancelled", ENDED_FIRST)
            return
        entry.call = replace(entry.call, arguments=json.dumps(arguments))
        self._allowed.append(call_id)

    def perform_allowed(self) -> None:
        """Perform what was allowed; nobody speaks."""
        calls = self._session.calls
        while self._allowed:
            call_id = self._allowed.popleft()
            entry = calls.pending.get(call_id)
            if entry is None:  # another end of the call was quicker
                self._session.tools.finish_here(call_id, "cancelled", ENDED_FIRST)
            elif (call := self._understood(entry.call)) is not None:
                self._perform(call, spoken=calls.messages.has_spoken(entry.response_id))

    def abandon(self) -> None:
        """The session ends: what was allowed and not performed will not be."""
        while self._allowed:
            self._session.tools.finish_here(self._allowed.popleft(), "cancelled", ENDED_FIRST)

    def _understood(self, call: ToolCall) -> ToolCall | None:
        """Return the call with its arguments as the schema has them; None: it was turned down."""
        plan = self._session.plan
        try:
            if call.name not in _PERFORM:
                raise ToolNotAllowed(f"{call.name} does not work in a phone call.")
            arguments = schema.parse_arguments(call.arguments)
            understand = _UNDERSTAND.get(call.name)
            if understand is not None:
                arguments = understand(plan, arguments)
            arguments = schema.accept(_parameters(plan, call.name), arguments)
        except ToolError as error:
            self._session.calls.turn_down(call, error.code, error.public_message)
            return None
        return replace(call, arguments=json.dumps(arguments))

    def _perform(self, call: ToolCall, *, spoken: bool) -> None:
        _PERFORM[call.name](self._session, call, json.loads(call.arguments), spoken)


def _parameters(plan: CallPlan, name: str) -> Mapping[str, Any]:
    tools = plan.settings.tools
    return next((tool["parameters"] for tool in tools if tool["name"] == name), {})
