"""`endCall`: the assistant hangs up once its farewell was heard; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calls.bridge.ports import Ending, ToolCall

if TYPE_CHECKING:
    from calls.bridge.session import Session

ENDS = "The call ends after the farewell."


def perform(session: Session, call: ToolCall, arguments: Mapping[str, Any], spoken: bool) -> None:
    """End the call; without words of its own in the response the farewell is said first."""
    closing = session.endings.closing
    if closing is not None and closing.ending.transfer is not None:
        session.calls.turn_down(call, "cancelled", "The caller is being put through already.")
        return
    output = {"success": True, "message": ENDS}
    session.tools.perform_here(call, output)
    session.calls.answer(call.call_id, json.dumps(output))
    session.close(Ending("assistant_ended"), "" if spoken else session.plan.farewell, gentle=True)
