"""Telling pages and waiting processes how a run stands; imports models, events, end_call's name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from tools_library.choices import FINAL_STATUSES, ToolType
from tools_library.engine.types import ToolOutcome
from tools_library.executors.builtin import end_call
from tools_library.models import ToolExecution
from voiceassist.foundation.events import News, emit
from voiceassist.foundation.events.transport import reply

TYPE = "execution.updated"
OUTCOME = "execution.outcome"


def report(execution: ToolExecution) -> None:
    """Emit the run's state on its call and on the organization's list; inside a transaction.

    When it is final, the process that waits gets the outcome after the commit.
    """
    if execution.reply_to and execution.status in FINAL_STATUSES:
        channel, message = execution.reply_to, outcome_message(execution)
        transaction.on_commit(lambda: reply(channel, message))
    row = flat(execution)
    news = [News("executions", TYPE, row)]
    if execution.call_id is not None:
        news.append(News(f"call:{execution.call_id}", TYPE, {**row, **_details(execution)}))
    emit(execution.organization_id, *news)


def flat(execution: ToolExecution) -> dict[str, Any]:
    """Return the run as the list of executions shows it; JSON values."""
    return {
        "execution_id": str(execution.execution_id),
        "tool_id": execution.tool_id,
        "tool_name": execution.tool_name,
        "assistant_id": execution.assistant_id,
        "call_id": execution.call_id,
        "status": execution.status,
        "trigger_context": execution.trigger_context,
        "started_at": _iso(execution.started_at),
        "completed_at": _iso(execution.completed_at),
        "duration_ms": execution.duration_ms,
        "error_code": execution.error_code,
        "message": execution.message,
    }


def outcome_message(execution: ToolExecution) -> dict[str, Any]:
    """Return the message for the process that waits."""
    return {
        "type": OUTCOME,
        "execution_id": str(execution.execution_id),
        "status": execution.status,
        "output": execution.output_result or {},
        "error_code": execution.error_code,
        "message": execution.message,
        "duration_ms": execution.duration_ms or 0,
        "retry_count": execution.retry_count,
    }


def outcome_from(message: dict[str, Any]) -> ToolOutcome:
    """Return the outcome that `outcome_message` describes."""
    return ToolOutcome(
        status=message["status"],
        output=message["output"],
        error_code=message["error_code"],
        public_message=message["message"],
        duration_ms=message["duration_ms"],
        retry_count=message["retry_count"],
    )


def outcome_of(execution: ToolExecution) -> ToolOutcome:
    """Return the outcome of a run that has ended."""
    return outcome_from(outcome_message(execution))


def _details(execution: ToolExecution) -> dict[str, Any]:
    return {
        "input_parameters": execution.input_parameters,
        "output_result": execution.output_result,
        "at_ms": execution.at_ms,
        "display_name": _display_name(execution),
        "tool_type": _tool_type(execution),
    }


def _display_name(execution: ToolExecution) -> str:
    if execution.tool is not None:
        return execution.tool.display_name
    if execution.tool_name == end_call.NAME:
        return end_call.texts("en")["display_name"]
    return execution.tool_name


def _tool_type(execution: ToolExecution) -> str:
    if execution.tool is not None:
        return execution.tool.tool_type
    return ToolType.BUILTIN if execution.tool_name == end_call.NAME else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
