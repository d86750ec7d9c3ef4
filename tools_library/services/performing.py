"""Running queued calls on a worker: taken up once, performed, ended; imports models and jobs."""

from __future__ import annotations

from django.utils import timezone

from tools_library.choices import ExecutionStatus
from tools_library.engine.types import ToolOutcome
from tools_library.models import ToolExecution
from tools_library.services import callbacks, leases, reporting, running
from tools_library.services.finishing import finish
from tools_library.services.rows import one


def perform(execution_id: str) -> None:
    """Run a queued call; the job behind `tools.perform`. A duplicate delivery does nothing."""
    execution = claim(execution_id)
    if execution is None:
        return
    with leases.keeper.kept(execution.pk):
        outcome = running.run(execution)
    if not _goes_on_elsewhere(execution, outcome):
        finish(execution, outcome)


def claim(execution_id: str) -> ToolExecution | None:
    """Take a queued run up; None where another worker has, or it has ended."""
    execution = one(execution_id)
    if execution is None or execution.status != ExecutionStatus.QUEUED:
        return None
    execution.status, execution.started_at = ExecutionStatus.RUNNING, timezone.now()
    execution.lease_until = leases.until()
    fields = ("status", "started_at", "lease_until")
    return execution if reporting.advance(execution, fields, still=_QUEUED) else None


_QUEUED = (ExecutionStatus.QUEUED,)


def _goes_on_elsewhere(execution: ToolExecution, outcome: ToolOutcome) -> bool:
    """Return whether a service has accepted the work and will call back; keep what it answered."""
    version = execution.definition
    if outcome.status != "success" or version is None:
        return False
    if not callbacks.expected(execution, version):
        return False
    rows = ToolExecution.unscoped.filter(pk=execution.pk, status=ExecutionStatus.RUNNING)
    rows.update(trace=outcome.trace)
    return True
