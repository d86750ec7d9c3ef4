"""Outcomes that nobody waits for any more while the call goes on: passed on to its session."""

from __future__ import annotations

from datetime import datetime

from calls.models import Call
from calls.services.control import GROUP
from tools_library.behaviour import Behaviour
from tools_library.choices import ExecutionStatus, TriggerContext
from tools_library.engine.model_output import output_for_model
from tools_library.models import ToolExecution
from tools_library.services.reporting import outcome_of
from voiceassist.foundation.events.transport import broadcast

MOST = 5  # of what is told of a time without a stream
TOLD = "{name}, which you called before, has ended. Tell the caller what came of it. {output}"


def pass_on(execution: ToolExecution) -> None:
    """Tell the process that holds the call's stream, if any does; the row is kept anyway."""
    if execution.call_id is None or execution.trigger_context != TriggerContext.CALL:
        return
    message = {"type": "calls.control", "call_id": execution.call_id, "action": "late"}
    broadcast(GROUP, {**message, "text": _told(execution)})


def missed(call: Call, since: datetime) -> tuple[str, ...]:
    """Return what came of the call's tools since its last stream closed, for the next one."""
    rows = ToolExecution.objects.of(call.organization_id).filter(
        call=call, tool__isnull=False, completed_at__gte=since
    )
    ended = rows.exclude(status=ExecutionStatus.CANCELLED).order_by("completed_at")
    return tuple(_told(row) for row in ended.select_related("definition")[:MOST])


def _told(execution: ToolExecution) -> str:
    version = execution.definition
    behaviour = Behaviour.model_validate(version.behaviour if version is not None else {})
    output = output_for_model(outcome_of(execution), behaviour)
    return TOLD.format(name=execution.tool_name, output=output)
