"""`transferCall`: the model puts the caller through to one of the assistant's numbers; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calls.bridge.ports import CallPlan, ToolCall, Transfer
from tools_library.engine.errors import ToolArgumentsError

if TYPE_CHECKING:
    from calls.bridge.session import Session

TRANSFERS = "The caller is put through now. Say nothing more."


def perform(session: Session, call: ToolCall, arguments: Mapping[str, Any], spoken: bool) -> None:
    """Begin the transfer; its run ends with what the phone company reports."""
    name = arguments["to"]
    if session.endings.closing is not None:
        session.calls.turn_down(call, "cancelled", "The call is being ended already.")
        return
    session.tools.begin_here(call)
    session.calls.answer(call.call_id, json.dumps({"success": True, "message": TRANSFERS}))
    sentence = "" if spoken else session.plan.sentences["transferring"]
    transfer = Transfer(session.plan.destinations[name], name, call.call_id)
    session.transfers.begin(transfer, sentence, gentle=True)


def understand(plan: CallPlan, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the destination as staff wrote it down; nobody else is dialled.

    Raises:
        ToolArgumentsError: there is no such destination; the message names those there are.
    """
    given = str(arguments.get("to") or "")
    label = labelled(plan.destinations, given)
    if label is None:
        known = ", ".join(plan.destinations) or "nobody"
        raise ToolArgumentsError(
            f"There is no destination {given.strip()[:60]!r}. You may put callers through to: "
            f"{known}."
        )
    return {**arguments, "to": label}


def labelled(known: Mapping[str, str], name: str) -> str | None:
    """Return the label of a destination, given by it or by its number; None for any other."""
    wanted = _bare(name)
    return next((label for label in known if _bare(label) == wanted), None)


def _bare(name: str) -> str:
    text = name.casefold()
    if text.startswith("+"):
        return "+" + "".join(each for each in text if each.isdecimal())
    return " ".join(text.split())
