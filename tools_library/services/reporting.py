"""Telling pages and waiting processes how a run stands; imports models, events, built-ins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from tools_library.choices import FINAL_STATUSES, ToolType
from tools_library.engine.types import ToolOutcome
from tools_library.executors.builtin import of_session
from tools_library.models import ToolExecution
from tools_library.services import late, watching
from voiceassist.foundation.events import News, advance_and_emit, insert_and_emit
from voiceassist.foundation.events.transport import reply

TYPE = "execution.updated"
OUTCOME = "execution.outcome"


def _nothing() -> None:
    """Do nothing: nobody waits."""


def store(execution: ToolExecution, then: Callable[[], None] = _nothing) -> None:
    """Store a new run and report it: on its call and on the organization's list.

    Inside a transaction. When it is final already, the process that waits gets the outcome after
    the commit.

    Args:
        then: called once the row is there; what it leaves for after the commit comes first.

    Raises:
        IntegrityError: the same call has its row already.
    """

    def stored() -> None:
        then()
        transaction.on_commit(_answer(execution))

    insert_and_emit(execution, *_news(execution), stored=stored)


def advance(execution: ToolExecution, fields: tuple[str, ...], *, still: tuple[str, ...]) -> bool:
    """Store fields of a run and report it, where its row is still in one of these states.

    Return False where it is not. On PostgreSQL this is one statement, so that whoever waits for an
    outcome waits for one answer of the database.
    """
    news = _news(execution)
    moved = advance_and_emit(execution, fields, *news, still=still, first=_answer(execution))
    if moved and watching.told_of(execution):
        transaction.on_commit(partial(watching.tell, execution))
    return moved


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


def answer_accepted(execution: ToolExecution) -> None:
    """Tell the process that waits, after the commit, that the outcome comes later by itself."""
    if not execution.reply_to:
        return
    told = late.accepted(execution)
    message = {**outcome_message(execution), "status": told.status, "output": told.output}
    message |= {"error_code": "", "message": told.public_message, "notice": ""}
    transaction.on_commit(partial(reply, execution.reply_to, message))


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
        "notice": execution.notice,
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
        notice=message.get("notice", ""),
    )


def outcome_of(execution: ToolExecution) -> ToolOutcome:
    """Return the outcome of a run that has ended."""
    return outcome_from(outcome_message(execution))


def _answer(execution: ToolExecution) -> Callable[[], None]:
    """Return what to do after the commit; the run as it is now, for it may go on until then."""
    if execution.status not in FINAL_STATUSES:
        return _nothing
    if execution.is_async:
        return partial(late.deliver, execution)
    if not execution.reply_to:
        return _nothing
    return partial(reply, execution.reply_to, outcome_message(execution))


def _news(execution: ToolExecution) -> list[News]:
    row = flat(execution)
    news = [News("executions", TYPE, row)]
    if execution.call_id is not None:
        news.append(News(f"call:{execution.call_id}", TYPE, {**row, **_details(execution)}))
    return news


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
    return of_session.display_name(execution.tool_name) or execution.tool_name


def _tool_type(execution: ToolExecution) -> str:
    if execution.tool is not None:
        return execution.tool.tool_type
    return ToolType.BUILTIN if of_session.display_name(execution.tool_name) else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
