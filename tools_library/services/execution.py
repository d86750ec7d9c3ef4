"""Tool calls as the rooms above make them: request, refuse, wait; imports the steps behind.

The row is there before anything happens. Every step forward is one conditional UPDATE, so a job
that is delivered twice, or an outcome that comes too late, changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tools_library.approvals import asking, confirming
from tools_library.approvals.gate import CallerSaid, Confirmed, Question
from tools_library.choices import FINAL_STATUSES, ExecutionStatus
from tools_library.engine import schema
from tools_library.engine.cleaning import Uncleanable, clean, clean_text
from tools_library.engine.engine import failed
from tools_library.engine.errors import ToolArgumentsError, ToolError
from tools_library.models import Tool, ToolExecution
from tools_library.services import admission, catalog, outcomes, queues, reporting
from tools_library.services.admission import UnknownTool
from tools_library.services.catalog import CatalogTool
from tools_library.services.finishing import (
    STATUS_OF_CODE,
    cancel,
    finish,
    finish_in_session,
    set_outcome,
)
from tools_library.services.origins import Origin
from tools_library.services.performing import perform
from tools_library.services.queues import PERFORM
from tools_library.services.rows import one
from voiceassist.foundation.jobs import give_back_connections

__all__ = [
    "GRACE_SECONDS", "PERFORM", "Origin", "UnknownTool", "cancel", "finish", "finish_in_session",
    "perform", "refuse", "request", "run_and_wait",
]  # fmt: skip

GRACE_SECONDS = 2.0
"""How long after its deadline a run that nobody reported is given up."""


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
    `tool_call_id` returns the first one's row and does nothing; an equal call of the same source
    gets what its tool's `on_duplicate` says. What somebody must say yes to first is
    `awaiting_approval`; the call that follows a caller's yes returns that row. An `async` tool's
    row is open too, and its waiting process is answered "accepted".

    Call it in no transaction that has emitted events: it takes locks that come before theirs.

    Args:
        arguments: an object, or the model's JSON text.
        at_ms: since the call's stream began, for the timeline.
        said: what a live call witnessed of its caller's answers to such questions.
    """
    execution = _new_row(tool, origin, tool_call_id, at_ms)
    asked: _Asked | None = None
    try:
        execution.context = _context(origin)
        entry = _entry(tool, execution)
        execution.input_parameters = schema.parse_arguments(arguments)
        admission.prepare(execution, entry, origin)
        asked = _Asked(entry, origin, tuple(said))
    except ToolError as error:
        _turn_down(execution, error)
    return _store(execution, asked)


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
    execution = _new_row(tool, origin, tool_call_id, at_ms)
    with contextlib.suppress(ToolError):  # fragments of an interrupted call are no JSON
        execution.context = _context(origin)
        _entry(tool, execution)
        execution.input_parameters = schema.parse_arguments(arguments)
    _turn_down(execution, ToolError(message, code=code))
    return _store(execution, None)


def run_and_wait(
    tool: CatalogTool | Tool | str,
    arguments: Mapping[str, Any] | str,
    origin: Origin,
    *,
    tool_call_id: str = "",
) -> ToolExecution:
    """Run a tool and block until it has ended, its deadline at most; return its row.

    The row is still open where the tool is `async`, or somebody is asked first. Never inside a
    transaction: the job starts only after the commit.

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
    return one(execution.execution_id) or execution


@dataclass(frozen=True)
class _Asked:
    """A prepared call that is still to be judged."""

    entry: CatalogTool
    origin: Origin
    said: tuple[CallerSaid, ...]


def _new_row(
    tool: CatalogTool | Tool | str, origin: Origin, tool_call_id: str, at_ms: int | None
) -> ToolExecution:
    name = tool if isinstance(tool, str) else tool.name
    return ToolExecution(
        organization_id=origin.organization_id,
        tool_name=clean_text(name)[:100],
        assistant_id=origin.assistant_id,
        call_id=origin.call_id,
        user_id=origin.user_id,
        source_kind=origin.source_kind,
        source_id=origin.source_id,
        tool_call_id=clean_text(tool_call_id)[:100],
        side_effect="read",
        trigger_context=origin.trigger,
        reply_to=origin.reply_to,
        beyond_review=origin.beyond_review,
        at_ms=at_ms,
    )


def _context(origin: Origin) -> dict[str, Any]:
    try:
        context: dict[str, Any] = clean(dict(origin.context))
    except (Uncleanable, RecursionError) as error:
        raise ToolArgumentsError(f"The context cannot be taken: {error}.") from None
    return context


def _entry(tool: CatalogTool | Tool | str, execution: ToolExecution) -> CatalogTool:
    """Return the tool as it can be called, once it is in the row.

    Raises:
        UnknownTool: there is none, or it is another organization's.
        ToolConfigurationError: it has no version that can run.
    """
    if isinstance(tool, str) or tool.organization_id not in (None, execution.organization_id):
        raise UnknownTool(execution.tool_name)
    execution.tool_id = tool.pk if isinstance(tool, Tool) else tool.tool_id
    entry = catalog.for_tool(tool) if isinstance(tool, Tool) else tool
    execution.tool_version = entry.version
    execution.definition_id = entry.version_id
    execution.custom_configuration = entry.custom_configuration
    execution.side_effect = entry.side_effect
    return entry


def _store(execution: ToolExecution, asked: _Asked | None) -> ToolExecution:
    """Judge the call, insert its row, tell everybody, hand it over; the same earlier call wins."""
    try:
        with transaction.atomic():
            verdict = _judged(execution, asked)
            if isinstance(verdict, ToolExecution):
                return verdict
            reporting.store(execution, then=partial(_hand_over, execution))
            if verdict is not None:
                asking.ask(execution, verdict)
            _accept(execution, verdict)
    except IntegrityError:
        earlier = _earlier(execution)
        if earlier is None:
            raise
        return earlier
    return execution


def _hand_over(execution: ToolExecution) -> None:
    if execution.status == ExecutionStatus.QUEUED:
        queues.hand_over(execution)


def _judged(execution: ToolExecution, asked: _Asked | None) -> Question | ToolExecution | None:
    """Return what to ask about the row, or the row that a caller's yes set going."""
    if asked is None:
        return None
    try:
        verdict = admission.judge(execution, asked.entry, asked.origin, asked.said)
        if isinstance(verdict, Confirmed):
            with transaction.atomic():  # where the yes came too late, nothing of it stays
                confirmed = confirming.confirm(verdict, execution)
            if confirmed.is_async:
                reporting.answer_accepted(confirmed)
            return confirmed
    except UnknownTool as error:
        execution.tool_id = execution.definition_id = None
        execution.tool_version, execution.custom_configuration = "", {}
        _turn_down(execution, error)
        return None
    except ToolError as error:
        _turn_down(execution, error)
        return None
    if verdict is not None:
        asking.hold(execution, verdict)
    return verdict


def _accept(execution: ToolExecution, question: Question | None) -> None:
    """Answer the call of a run that ends later, unless its caller is to be asked first."""
    caller_is_asked = question is not None and question.asked == "caller"
    if execution.is_async and execution.status not in FINAL_STATUSES and not caller_is_asked:
        reporting.answer_accepted(execution)


def _turn_down(execution: ToolExecution, error: ToolError) -> None:
    """Make the row one that never ran."""
    outcome = failed(error)
    status = STATUS_OF_CODE.get(error.code, outcome.status)
    execution.deadline_at = execution.queued_at = execution.started_at = None
    execution.is_async = False
    set_outcome(execution, replace(outcome, status=status), timezone.now())


def _earlier(execution: ToolExecution) -> ToolExecution | None:
    if not execution.tool_call_id:
        return None
    return ToolExecution.unscoped.filter(
        organization_id=execution.organization_id,
        source_kind=execution.source_kind,
        source_id=execution.source_id,
        tool_call_id=execution.tool_call_id,
    ).first()
