"""Outcomes that come after their call was answered with "accepted"; imports models only.

Rooms above register what makes a late outcome a new turn of theirs: `register_late_listener`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from tools_library.engine.types import ToolOutcome
from tools_library.models import ToolExecution

log = logging.getLogger(__name__)

LateListener = Callable[[ToolExecution], None]

_ACCEPTED = (
    "{name} was accepted and is under way. Its outcome comes later by itself: do not call it "
    "again, and do not say that it is done."
)
_listeners: list[LateListener] = []


def register_late_listener(listener: LateListener) -> None:
    """Call `listener` with each run that ended late, in the process that ended it; at its start.

    It gets the ended row, must not block, and passes the outcome on to where it is spoken.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def deliver(execution: ToolExecution) -> None:
    """Pass on the outcome of a run whose call was answered before; never raises."""
    for listener in _listeners:
        try:
            listener(execution)
        except Exception:
            log.exception("a late outcome could not be passed on")


def accepted(execution: ToolExecution) -> ToolOutcome:
    """Return what the model gets at once for a run that ends later."""
    message = _ACCEPTED.format(name=execution.tool_name)
    output = {"success": True, "message": message, "data": {"accepted": True}}
    return ToolOutcome("success", output, public_message=message)
