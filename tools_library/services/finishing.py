"""The end of a run: its outcome stored once, everybody told; imports models and reporting."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import replace
from typing import Any

from django.utils import timezone

from tools_library.behaviour import OnDuplicate
from tools_library.choices import ExecutionStatus
from tools_library.engine.cleaning import clean, clean_text
from tools_library.engine.engine import answered
from tools_library.engine.types import FinalStatus, ToolOutcome
from tools_library.models import ToolExecution
from tools_library.services import limits, reporting
from tools_library.services.rows import one

OPEN = (
    ExecutionStatus.PENDING,
    ExecutionStatus.AWAITING_APPROVAL,
    ExecutionStatus.QUEUED,
    ExecutionStatus.RUNNING,
)
STATUS_OF_CODE: dict[str, FinalStatus] = {"cancelled": "cancelled", "denied": "denied"}
CHANGES_THINGS = frozenset({"write", "irreversible"})
_BEGAN_AND_LOST = frozenset({"bad_response", "killed"})  # the work was done, or a part of it

_OUTCOME_FIELDS = (
    "status", "output_result", "message", "trace", "error_code", "error_message", "retry_count",
    "completed_at", "duration_ms", "uncounted",
)  # fmt: skip


def finish(
    execution: ToolExecution,
    outcome: ToolOutcome,
    *,
    still: tuple[str, ...] = (ExecutionStatus.RUNNING,),
) -> bool:
    """Store a run's outcome and tell everybody; return False where it had already ended.

    The tool's counters follow in `counting`: a row that all its runs change would queue them up.
    """
    set_outcome(execution, outcome, timezone.now())
    execution.uncounted = execution.tool_id is not None and execution.duplicate_of_id is None
    if not reporting.advance(execution, _OUTCOME_FIELDS, still=still):
        return False
    if _may_be_followed(execution):
        end_followers(execution)
    return True


def finish_in_session(
    execution_id: uuid.UUID | str,
    *,
    success: bool = True,
    message: str = "",
    data: Any = None,
    error_code: str = "",
) -> bool:
    """Report how a tool went that a session ran itself; return whether it was still open.

    With an `error_code` it has failed, whatever `success` says.
    """
    success = success and not error_code
    outcome = replace(answered(output_of(success, message, data)), error_code=error_code)
    execution = one(execution_id)
    return execution is not None and finish(execution, outcome)


def cancel(execution_id: uuid.UUID | str, message: str = "The run was cancelled.") -> bool:
    """End a run that has not ended; return whether it was still open.

    What a worker has already sent out is not called back; its outcome is dropped.
    """
    execution = one(execution_id)
    if execution is None:
        return False
    output = {"success": False, "message": message}
    outcome = ToolOutcome("cancelled", output, "cancelled", public_message=message)
    return finish(execution, outcome, still=OPEN)


def end_followers(first: ToolExecution) -> int:
    """Give the outcome of a run that has ended to equal calls that wait for it; return how many."""
    waiting = ToolExecution.unscoped.filter(duplicate_of=first, status=ExecutionStatus.RUNNING)
    outcome = reporting.outcome_of(first)
    if outcome.status == "success":
        outcome = replace(outcome, error_code="duplicate")
    rows = waiting.select_related("tool").order_by("pk")
    return sum(finish(row, outcome) for row in rows)


def _may_be_followed(execution: ToolExecution) -> bool:
    """Return whether equal calls can wait for this run; spares all others a query."""
    if not execution.arguments_hash or execution.duplicate_of_id is not None:
        return False
    version = execution.definition
    if version is None:
        return True
    own: OnDuplicate = version.behaviour.get("on_duplicate", "auto")
    asked = version.require_confirmation or version.behaviour.get("approval", "none") != "none"
    if own == "auto" and asked:
        return True  # a read too: see `repeats`
    return limits.on_duplicate(execution.side_effect, own) == "reuse"


def is_unknown(execution: ToolExecution) -> bool:
    """Return whether a run that ended was under way and may have changed things all the same."""
    trace = execution.trace or {}
    if trace.get("nothing_sent"):
        return False
    stopped = execution.status in (ExecutionStatus.TIMEOUT, ExecutionStatus.CANCELLED)
    lost = bool(trace.get("answer_lost"))
    ended_blindly = stopped or lost or execution.error_code in _BEGAN_AND_LOST
    return ended_blindly and execution.began and execution.side_effect in CHANGES_THINGS


def output_of(success: bool, message: str, data: Any = None) -> dict[str, Any]:
    """Return a tool's answer as it is kept.

    Raises:
        Uncleanable: `data` is nested too deep or too large.
    """
    output: dict[str, Any] = {"success": success, "message": clean_text(message)}
    return output if data is None else output | {"data": clean(data)}


def set_outcome(execution: ToolExecution, outcome: ToolOutcome, now: datetime.datetime) -> None:
    """Put an outcome into a row, which is not stored by that."""
    execution.status = outcome.status
    execution.output_result = outcome.output
    execution.message = str(outcome.output.get("message", ""))
    # An outcome from elsewhere has none: what the service was sent and accepted stays.
    execution.trace = execution.trace if outcome.trace is None else outcome.trace
    execution.error_code = outcome.error_code
    execution.error_message = outcome.detail
    execution.retry_count = outcome.retry_count
    execution.started_at = execution.started_at or now
    execution.completed_at = now
    execution.duration_ms = max(0, round((now - execution.started_at).total_seconds() * 1000))
