"""Which calls of a step may begin, and where a run stands by its calls; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_STEPS = 16
MOST_CALLS = 16  # of one step


@dataclass(frozen=True, slots=True)
class CallState:
    """A call of the current step, in the order in which non-read calls are carried out.

    Args:
        status: a ProposalStatus.
        in_order: it changes things on the server, so that it waits for such calls before it.
    """

    status: str
    in_order: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands.

    `moving`: something goes on by itself. `closed`: all calls have their result, the model is next.
    """

    status: str
    moving: bool
    closed: bool


def may_begin(calls: Sequence[CallState]) -> list[int]:
    """Return the indices of proposed calls that may begin now.

    Reads and the browser's calls begin at once; of the others one at a time. A call that waits for
    somebody's yes holds nothing up.
    """
    ready, busy = [], False
    for index, call in enumerate(calls):
        if call.status == "proposed":
            if not call.in_order:
                ready.append(index)
            elif not busy:
                ready.append(index)
                busy = True
        elif call.in_order and call.status == "executing":
            busy = True
    return ready


def standing(statuses: Sequence[str]) -> Standing:
    """Return where a run stands whose current step has calls in these states."""
    moving = any(status in ("proposed", "executing") for status in statuses)
    if "pending_frontend" in statuses:
        return Standing("awaiting_frontend_tool", moving, False)
    if "pending_approval" in statuses:
        return Standing("awaiting_approval", moving, False)
    return Standing("running", moving, not moving)
