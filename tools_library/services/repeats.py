"""Equal calls again within one call or conversation: repeated, refused, or answered alike.

Imports models and finishing. Whoever asks holds the lock of the source, so that equal calls that
come at once are judged one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from tools_library.approvals.policy import who_is_asked
from tools_library.choices import ExecutionStatus
from tools_library.engine.errors import ToolError, ToolRefused
from tools_library.models import Approval, ToolExecution
from tools_library.services import late, limits
from tools_library.services.catalog import CatalogTool
from tools_library.services.finishing import OPEN, is_unknown, set_outcome
from tools_library.services.rates import ADMITTED
from tools_library.services.reporting import outcome_of
from voiceassist.foundation.events import hold_order

FAILURES_IN_A_ROW = 3
REMEMBERED = timedelta(minutes=5)
"""How long failures count against another try: what was down may be up again."""


class Duplicate(ToolError):
    """An equal call was there before."""

    code = "duplicate"


@dataclass(frozen=True)
class Earlier:
    """The newest equal runs of the same source, newest first."""

    rows: tuple[ToolExecution, ...]

    def holder(self) -> ToolExecution | None:
        """Return the run whose outcome stands for equal calls: open, well ended, or unknown."""
        return next((row for row in self.rows if _stands(row)), None)

    def failed_alike(self) -> bool:
        """Return whether the newest runs failed, and all in the same way."""
        rows, since = self.rows[:FAILURES_IN_A_ROW], timezone.now() - REMEMBERED
        ways = {_way(row) for row in rows if row.created_at >= since}
        return len(rows) == FAILURES_IN_A_ROW and len(ways) == 1 and None not in ways


def earlier(execution: ToolExecution, tool_id: int) -> Earlier:
    """Return the newest runs with this one's source and arguments."""
    rows = ToolExecution.unscoped.filter(
        ADMITTED | Q(status=ExecutionStatus.AWAITING_APPROVAL),
        source_kind=execution.source_kind,
        source_id=execution.source_id,
        organization_id=execution.organization_id,
        tool_id=tool_id,
        arguments_hash=execution.arguments_hash,
    )
    return Earlier(tuple(rows.order_by("-id")[:FAILURES_IN_A_ROW]))


def judge(execution: ToolExecution, entry: CatalogTool) -> bool:
    """Return whether an equal earlier run answers this call, which then has its state set.

    Raises:
        ToolRefused: it failed in the same way three times running.
        Duplicate: equal calls are not repeated, or nobody knows how the first one went.
    """
    if not execution.arguments_hash or entry.tool_id is None:
        return False
    before = earlier(execution, entry.tool_id)
    if before.failed_alike():
        raise ToolRefused(
            f"{entry.name} failed {FAILURES_IN_A_ROW} times in a row in the same way with these "
            "arguments. Stop calling it like this: tell the person, or do something else."
        )
    policy = limits.on_duplicate(execution.side_effect, entry.behaviour.on_duplicate)
    first = before.holder()
    if policy == "allow" and first is not None and _is_asked_about(first, entry):
        policy = "reuse"
    if policy == "allow" or first is None or _asked_again(first, execution, entry):
        return False
    if is_unknown(first):
        raise Duplicate(
            f"{entry.name} was called with these arguments before and nobody knows whether it took "
            "effect. It was not called again. Tell the person; somebody must look."
        )
    if policy == "reject":
        raise Duplicate(
            f"{entry.name} was called with these arguments before; it was not called again. "
            "Go on with that call's outcome."
        )
    _follow(execution, first)
    return True


def _follow(execution: ToolExecution, first: ToolExecution) -> None:
    """Give the call the first run's outcome, or let it wait for that."""
    hold_order(first.organization_id)  # from here on the first run cannot end unseen
    first.refresh_from_db()
    execution.duplicate_of = first
    execution.is_async, execution.queued_at = False, None
    if first.status not in OPEN:
        outcome = outcome_of(first)
        code = "duplicate" if outcome.status == "success" else outcome.error_code
        set_outcome(execution, replace(outcome, error_code=code), timezone.now())
    elif first.is_async:
        accepted = replace(late.accepted(first), error_code="duplicate")
        set_outcome(execution, accepted, timezone.now())
    else:
        execution.status = ExecutionStatus.RUNNING
        execution.started_at = timezone.now()
        # None while the first one waits for a yes: both have the question's time, which it ends.
        execution.deadline_at = first.deadline_at
        execution.message = first.message


def _stands(row: ToolExecution) -> bool:
    return row.status in OPEN or row.status == ExecutionStatus.SUCCESS or is_unknown(row)


def _way(row: ToolExecution) -> tuple[str, str, str] | None:
    """Return how a run failed; None where it did not, or somebody chose to end it."""
    if row.status not in (ExecutionStatus.ERROR, ExecutionStatus.TIMEOUT):
        return None
    return row.status, row.error_code, "" if row.error_code else row.message


def _is_asked_about(first: ToolExecution, entry: CatalogTool) -> bool:
    """Return whether somebody was asked about a run that goes on: one yes is for one run.

    Reads run again otherwise; here each equal call would put another question to the same people.
    """
    if entry.behaviour.on_duplicate != "auto" or first.status not in OPEN:
        return False
    return Approval.objects.of(first.organization_id).filter(execution=first).exists()


def _asked_again(first: ToolExecution, execution: ToolExecution, entry: CatalogTool) -> bool:
    """Return whether the equal call is how a caller's yes arrives, which the gate judges."""
    if first.status != ExecutionStatus.AWAITING_APPROVAL:
        return False
    asked = who_is_asked(
        entry.behaviour,
        require_confirmation=entry.require_confirmation,
        trigger=execution.trigger_context,
    )
    return asked == "caller"
