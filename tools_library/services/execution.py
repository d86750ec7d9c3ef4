"""From a tool call to its outcome: request, perform, finish; imports models, engine, jobs, events.

The row is there before anything happens. Every step forward is one conditional UPDATE, so a job
that is delivered twice, or an outcome that comes too late, changes nothing.
"""

from __future__ import annotations

import contextlib
import datetime
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tools_library.approvals import asking, confirming, reviews
from tools_library.approvals.gate import CallerSaid, Confirmed, Question, gate
from tools_library.choices import FINAL_STATUSES, ExecutionStatus, TriggerContext
from tools_library.engine import schema
from tools_library.engine.cleaning import clean_text
from tools_library.engine.engine import answered, failed
from tools_library.engine.errors import ToolError, ToolNotAllowed
from tools_library.engine.types import FinalStatus, ToolOutcome
from tools_library.models import Tool, ToolExecution
from tools_library.services import catalog, limits, outcomes, reporting, running
from tools_library.services.catalog import CatalogTool
from voiceassist.foundation.jobs import enqueue, give_back_connections

PERFORM = "tools.perform"
GRACE_SECONDS = 2.0
"""How long after its deadline a run that nobody reported is given up."""


class UnknownTool(ToolError):
    """The model called something it was not given."""

    code = "unknown_tool"


@dataclass(frozen=True)
class Origin:
    """Where tool calls come from; one for a whole call or conversation.

    Args:
        trigger: a TriggerContext.
        source_kind, source_id: what the calls belong to, such as `call` and its id; with the
            model's id of a tool call they make a run unique.
        context: names that templates may use, such as `call_sid`; JSON values.
        reply_to: channel of the process that waits, from `OutcomeListener.channel`.
    """

    organization_id: int
    trigger: str
    source_kind: str = ""
    source_id: str = ""
    assistant_id: int | None = None
    call_id: int | None = None
    user_id: int | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str = ""


def request(
    tool: CatalogTool | Tool | str,
    arguments: Mapping[str, Any] | str,
    origin: Origin,
    *,
    tool_call_id: str = "",
    at_ms: int | None = None,
    said: Iterable[CallerSaid] = (),
) -> ToolExecution:
    """Write down a tool call and set it going.

    What cannot run is a row too, in its final status with a sentence for the model; a `tool` given
    as text is a name that no tool has. A tool that runs in the session is `running` at once: the
    session does it and calls `finish_in_session`. A second call with the same source and
    `tool_call_id` returns the first one's row and does nothing. What somebody must say yes to
    first is `awaiting_approval`; the call that follows a caller's yes returns that row.

    Args:
        arguments: an object, or the model's JSON text.
        at_ms: since the call's stream began, for the timeline.
        said: what a live call witnessed of its caller's answers to such questions.
    """
    entry = catalog.for_tool(tool) if isinstance(tool, Tool) else tool
    execution = _new_row(entry, origin, tool_call_id, at_ms)
    question: Question | None = None
    try:
        if isinstance(entry, str):
            raise UnknownTool(
                f"There is no tool called {entry[:100]!r}. Use only the tools you were given."
            )
        execution.input_parameters = schema.parse_arguments(arguments)
        _admit(execution, entry, origin.trigger)
        verdict = gate(execution, entry, origin, said)
        if isinstance(verdict, Confirmed):
            return confirming.confirm(verdict, execution)
        question = verdict
    except ToolError as error:
        status = _STATUS_OF_CODE.get(error.code)
        outcome = failed(error)
        _set_outcome(execution, replace(outcome, status=status or outcome.status), timezone.now())
    return _store(execution, question)


def refuse(
    tool: CatalogTool | Tool | str,
    arguments: Mapping[str, Any] | str,
    origin: Origin,
    *,
    code: str,
    message: str,
    tool_call_id: str = "",
    at_ms: int | None = None,
) -> ToolExecution:
    """Write down a call that does not take place, such as a repeated or interrupted one.

    Args:
        code: an error code of the contracts; `cancelled` and `denied` are also the status.
        message: the sentence that the model gets.
    """
    entry = catalog.for_tool(tool) if isinstance(tool, Tool) else tool
    execution = _new_row(entry, origin, tool_call_id, at_ms)
    with contextlib.suppress(ToolError):  # fragments of an interrupted call are no JSON
        execution.input_parameters = schema.parse_arguments(arguments)
    outcome = failed(ToolError(message, code=code))
    status = _STATUS_OF_CODE.get(code, outcome.status)
    _set_outcome(execution, replace(outcome, status=status), timezone.now())
    return _store(execution)


def perform(execution_id: str) -> None:
    """Run a queued call; the job behind `tools.perform`. A duplicate delivery does nothing."""
    execution = _claim(execution_id)
    if execution is None:
        return
    give_back_connections()  # the tool may take seconds; others need the connection
    finish(execution, running.run(execution))


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
    output: dict[str, Any] = {"success": success, "message": clean_text(message)}
    if data is not None:
        output["data"] = data
    outcome = replace(answered(output), error_code=error_code)
    execution = _one(execution_id)
    return execution is not None and finish(execution, outcome)


def cancel(execution_id: uuid.UUID | str, message: str = "The run was cancelled.") -> bool:
    """End a run that has not ended; return whether it was still open.

    What a worker has already sent out is not called back; its outcome is dropped.
    """
    execution = _one(execution_id)
    if execution is None:
        return False
    output = {"success": False, "message": message}
    outcome = ToolOutcome("cancelled", output, "cancelled", public_message=message)
    return finish(execution, outcome, still=_OPEN)


def run_and_wait(
    tool: CatalogTool | Tool | str,
    arguments: Mapping[str, Any] | str,
    origin: Origin,
    *,
    tool_call_id: str = "",
) -> ToolExecution:
    """Run a tool and block until it has ended, its deadline at most; return the ended row.

    Never inside a transaction: the job starts only after the commit.

    Raises:
        RuntimeError: called inside a transaction.
    """
    if connection.in_atomic_block:
        raise RuntimeError("run_and_wait inside a transaction would wait for its own commit.")
    listener = outcomes.start_from_thread()
    origin = replace(origin, reply_to=listener.channel)
    execution = request(tool, arguments, origin, tool_call_id=tool_call_id)
    if execution.status in FINAL_STATUSES or execution.deadline_at is None:
        return execution
    ended: Future[None] = Future()
    listener.expect(execution.execution_id, lambda _: ended.set_result(None))
    give_back_connections()
    left = (execution.deadline_at - timezone.now()).total_seconds() + GRACE_SECONDS
    try:
        ended.result(max(0.0, left))
    except FutureTimeout:
        listener.forget(execution.execution_id)
    execution.refresh_from_db()
    return execution


def finish(
    execution: ToolExecution,
    outcome: ToolOutcome,
    *,
    still: tuple[str, ...] = (ExecutionStatus.RUNNING,),
) -> bool:
    """Store a run's outcome and tell everybody; return False where it had already ended.

    The tool's counters follow in `counting`: a row that all its runs change would queue them up.
    """
    _set_outcome(execution, outcome, timezone.now())
    execution.uncounted = execution.tool_id is not None
    return reporting.advance(execution, _OUTCOME_FIELDS, still=still)


_STATUS_OF_CODE: dict[str, FinalStatus] = {"cancelled": "cancelled", "denied": "denied"}
_OPEN = (
    ExecutionStatus.PENDING,
    ExecutionStatus.AWAITING_APPROVAL,
    ExecutionStatus.QUEUED,
    ExecutionStatus.RUNNING,
)
_OUTCOME_FIELDS = (
    "status", "output_result", "message", "trace", "error_code", "error_message", "retry_count",
    "completed_at", "duration_ms", "uncounted",
)  # fmt: skip


def _new_row(
    entry: CatalogTool | str, origin: Origin, tool_call_id: str, at_ms: int | None
) -> ToolExecution:
    known = entry if isinstance(entry, CatalogTool) else None
    return ToolExecution(
        organization_id=origin.organization_id,
        tool_id=known.tool_id if known else None,
        tool_name=clean_text(known.name if known else str(entry))[:100],
        tool_version=known.version if known else "",
        definition_id=known.version_id if known else None,
        assistant_id=origin.assistant_id,
        call_id=origin.call_id,
        user_id=origin.user_id,
        source_kind=origin.source_kind,
        source_id=origin.source_id,
        tool_call_id=tool_call_id[:100],
        context=dict(origin.context),
        custom_configuration=known.custom_configuration if known else {},
        side_effect=known.side_effect if known else "read",
        trigger_context=origin.trigger,
        reply_to=origin.reply_to,
        at_ms=at_ms,
    )


def _admit(execution: ToolExecution, entry: CatalogTool, trigger: str) -> None:
    """Decide where a call begins: queued for a worker, or running in its session.

    Raises:
        ToolNotAllowed: not in this context.
        NotReviewed: its version, as the assistant configures it, was not approved.
        ToolError: a session's arguments do not fit.
    """
    if not entry.allows(trigger):
        raise ToolNotAllowed(f"The tool {entry.name} may not be used here.")
    if entry.version_id is not None and trigger != TriggerContext.TEST:
        reviews.check_parts(
            execution.organization_id, entry.version_id, entry.configuration,
            entry.custom_configuration, name=entry.name,
        )  # fmt: skip
    now = timezone.now()
    merged = running.merged_configuration(entry.configuration, entry.custom_configuration)
    seconds = limits.timeout_seconds(entry.side_effect, entry.timeout_seconds, merged, trigger)
    execution.deadline_at = now + datetime.timedelta(seconds=seconds)
    if entry.runs_at == "session":
        execution.input_parameters = schema.accept(entry.parameters, execution.input_parameters)
        execution.status = ExecutionStatus.RUNNING
        execution.started_at = now
    else:
        execution.status = ExecutionStatus.QUEUED


def _store(execution: ToolExecution, question: Question | None = None) -> ToolExecution:
    """Insert the row, tell everybody, hand it over or ask; an equal earlier call wins."""
    if question is not None:
        asking.hold(execution, question)
    try:
        with transaction.atomic():
            execution.save(force_insert=True)
            reporting.report(execution)
            if question is not None:
                asking.ask(execution, question)
            if execution.status == ExecutionStatus.QUEUED:
                enqueue(PERFORM, str(execution.execution_id))
    except IntegrityError:
        earlier = _earlier(execution)
        if earlier is None:
            raise
        return earlier
    return execution


def _earlier(execution: ToolExecution) -> ToolExecution | None:
    if not execution.tool_call_id:
        return None
    return ToolExecution.unscoped.filter(
        organization_id=execution.organization_id,
        source_kind=execution.source_kind,
        source_id=execution.source_id,
        tool_call_id=execution.tool_call_id,
    ).first()


def _claim(execution_id: str) -> ToolExecution | None:
    execution = _one(execution_id)
    if execution is None:
        return None
    execution.status, execution.started_at = ExecutionStatus.RUNNING, timezone.now()
    queued = (ExecutionStatus.QUEUED,)
    claimed = reporting.advance(execution, ("status", "started_at"), still=queued)
    return execution if claimed else None


def _one(execution_id: uuid.UUID | str) -> ToolExecution | None:
    rows = ToolExecution.unscoped.select_related("tool", "definition")
    return rows.filter(execution_id=execution_id).first()


def _set_outcome(execution: ToolExecution, outcome: ToolOutcome, now: datetime.datetime) -> None:
    execution.status = outcome.status
    execution.output_result = outcome.output
    execution.message = str(outcome.output.get("message", ""))
    execution.trace = outcome.trace
    execution.error_code = outcome.error_code
    execution.error_message = outcome.detail
    execution.retry_count = outcome.retry_count
    execution.started_at = execution.started_at or now
    execution.completed_at = now
    execution.duration_ms = max(0, round((now - execution.started_at).total_seconds() * 1000))
