"""`endCall`: the assistant hangs up once its farewell was heard; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calls.bridge.ports import Ending, ToolCall

if TYPE_CHECKING:
    from calls.bridge.session import Session

ENDS = "The call ends after the farewell."
UNDER_WAY = "The call is being ended already."
BEING_PUT_THROUGH = "The caller is being put through already."
NOT_YET = "Not yet: tell the caller what came of the other tools first, then call endCall again."


def perform(session: Session, call: ToolCall, arguments: Mapping[str, Any], spoken: bool) -> None:
    """End the call; without words of its own in the response a farewell is said first.

    Its run ends when the call does, or when the caller speaks up and stays.
    """
    closing = session.endings.closing
    if closing is not None:
        transfer = closing.ending.transfer is not None
        told = BEING_PUT_THROUGH if transfer else UNDER_WAY
        session.calls.turn_down(call, "cancelled", told)
        return
    if session.calls.more_was_done_with(call.call_id):
        session.calls.turn_down(call, "cancelled", NOT_YET)
        return
    session.tools.begin_here(call)
    session.calls.answer(call.call_id, json.dumps({"success": True, "message": ENDS}))
    own = str(arguments.get("farewell") or "").strip()
    ending = Ending("assistant_ended", tool_call_id=call.call_id)
    session.close(ending, "" if spoken else own or session.plan.farewell, gentle=True)
