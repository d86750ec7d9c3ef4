"""`transferCall`: the model puts the caller through to one of the assistant's numbers; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calls.bridge.ports import ToolCall, Transfer

if TYPE_CHECKING:
    from calls.bridge.session import Session

TRANSFERS = "The caller is put through now. Say nothing more."


def perform(session: Session, call: ToolCall, arguments: Mapping[str, Any], spoken: bool) -> None:
    """Begin the transfer; its run ends with what the phone company reports.

    Only a destination that staff wrote down is dialled, whatever the model asks for.
    """
    name = str(arguments.get("to") or "").strip()
    number = destination(session.plan.destinations, name)
    if number is None:
        known = ", ".join(session.plan.destinations) or "nobody"
        text = f"There is no destination {name[:60]!r}. You may put callers through to: {known}."
        session.calls.turn_down(call, "invalid_arguments", text)
        return
    if session.endings.closing is not None:
        session.calls.turn_down(call, "cancelled", "The call is being ended already.")
        return
    session.tools.begin_here(call)
    session.calls.answer(call.call_id, json.dumps({"success": True, "message": TRANSFERS}))
    sentence = "" if spoken else session.plan.sentences["transferring"]
    session.transfers.begin(Transfer(number, name, call.call_id), sentence, gentle=True)


def destination(known: Mapping[str, str], name: str) -> str | None:
    """Return the number of a destination, given by its label or number; None for any other."""
    wanted = _bare(name)
    return next((number for label, number in known.items() if _bare(label) == wanted), None)


def _bare(name: str) -> str:
    text = name.casefold()
    if text.startswith("+"):
        return "+" + "".join(each for each in text if each.isdecimal())
    return " ".join(text.split())
