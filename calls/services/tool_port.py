"""A call's tools: hands the model's function calls to the tool services and waits for outcomes."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from django.utils import timezone

from calls.bridge.ports import ToolCall
from calls.services.plan import Opening
from calls.services.pool import in_pool
from tools_library.approvals import asking
from tools_library.approvals.choices import Policy
from tools_library.approvals.gate import CallerSaid
from tools_library.behaviour import DEFAULT
from tools_library.choices import FINAL_STATUSES
from tools_library.engine.model_output import output_for_model
from tools_library.engine.types import ToolOutcome
from tools_library.models import Approval, ToolExecution
from tools_library.services import execution
from tools_library.services.outcomes import process_listener
from tools_library.services.reporting import outcome_of

log = logging.getLogger(__name__)

NOT_STARTED = json.dumps(
    {"success": False, "error": "internal", "message": "The tool could not be started."}
)
INTERRUPTED = "The run was cancelled: the caller spoke while it was under way."


class Asker(Protocol):
    """The session, as far as tools report to it; see `Session` for what each does."""

    def on_tool_outcome(self, call_id: str, output: str) -> None:
        """Give the model a tool's output."""

    def on_tool_question(self, call_id: str, question: int, output: str) -> None:
        """Let the model ask the caller."""

    def on_tool_waiting(self, call_id: str, seconds: float) -> None:
        """Let the caller wait for staff."""


class CallTools:
    """Implements `ports.Tools` for one stream; outcomes arrive in the stream's event loop.

    Args:
        opening: whose calls these are.
        session: returns who is told; it is there before the first tool call.
        at_ms: tells where on the call's timeline we are.
    """

    def __init__(
        self,
        opening: Opening,
        session: Callable[[], Asker],
        at_ms: Callable[[], int],
    ) -> None:
        self._opening = opening
        self._session = session
        self._at_ms = at_ms
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: set[str] = set()
        self._runs: dict[str, str] = {}  # call id → execution id, once it is written down
        self._begun: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self._abandoned = False

    def start(self, call: ToolCall) -> None:
        """Begin a run; its outcome is given to the session."""
        self._spawn(self._run(call, self._at_ms()))

    def perform_here(self, call: ToolCall, output: Mapping[str, Any]) -> None:
        """Record a run that the session has performed."""
        self._spawn(self._record(call, str(output["message"]), "", self._at_ms()))

    def begin_here(self, call: ToolCall) -> None:
        """Record a run that the session has begun."""
        self._begun[call.call_id] = self._spawn(self._begin(call, self._at_ms()))

    def finish_here(self, call_id: str, code: str, message: str) -> None:
        """Record how such a run ended, once its beginning is written down."""
        self._spawn(self._finish(call_id, code, message))

    def cancel(self, call_id: str) -> None:
        """End a run that nobody waits for any more."""
        self._cancelled.add(call_id)
        if call_id in self._runs:
            self._spawn(self._cancel(self._runs[call_id]))

    def refuse(self, call: ToolCall, code: str, message: str) -> None:
        """Record a run that does not take place."""
        self._spawn(self._record(call, message, code, self._at_ms()))

    def heard(self, question: int, at: float) -> None:
        """Record that the caller has heard a question to its end."""
        self._spawn(self._heard(question, _wall(at)))

    def abandon(self) -> None:
        """Nobody waits any more; runs that have begun end by themselves."""
        self._abandoned = True
        for execution_id in self._waiting:
            process_listener.forget(execution_id)
        self._waiting.clear()

    async def _run(self, call: ToolCall, at_ms: int) -> None:
        try:
            row, question = await in_pool(self._asked, call, at_ms)
        except Exception:
            log.exception("a tool could not be started", extra={"tool": call.name})
            self._answer(call.call_id, NOT_STARTED)
            return
        if call.call_id in self._cancelled:  # while the run was being written down
            await self._cancel(str(row.execution_id))
            return
        if self._abandoned:
            return
        if question is not None and question.policy == Policy.CONFIRM:
            self._ask(call, row, question)
            return
        if row.status in FINAL_STATUSES:
            self._answer(call.call_id, self._told(call.name, outcome_of(row)))
            return
        if question is not None:
            left = (question.expires_at - timezone.now()).total_seconds()
            self._session().on_tool_waiting(call.call_id, max(left, 0.0))
        execution_id = str(row.execution_id)
        self._waiting.add(execution_id)
        self._runs[call.call_id] = execution_id

        def finished(outcome: ToolOutcome) -> None:
            self._waiting.discard(execution_id)
            self._answer(call.call_id, self._told(call.name, outcome))

        process_listener.expect(execution_id, finished)

    def _ask(self, call: ToolCall, row: ToolExecution, question: Approval) -> None:
        ended = row.status in FINAL_STATUSES
        told = self._told(call.name, outcome_of(row)) if ended else asking.output_while_waiting(row)
        self._session().on_tool_question(call.call_id, question.pk, told)

    def _told(self, name: str, outcome: ToolOutcome) -> str:
        """Return what the model gets to know, as the tool has it."""
        tool = self._opening.tools.get(name)
        return output_for_model(outcome, tool.behaviour if tool else DEFAULT)

    def _answer(self, call_id: str, output: str) -> None:
        self._session().on_tool_outcome(call_id, output)

    async def _heard(self, question: int, at: datetime.datetime) -> None:
        organization_id = self._opening.origin.organization_id
        try:
            await in_pool(asking.heard, organization_id, question, at)
        except Exception:
            log.exception("that a question was heard could not be written down")

    async def _record(self, call: ToolCall, message: str, code: str, at_ms: int) -> None:
        try:
            await in_pool(self._request_and_finish, call, message, code, at_ms)
        except Exception:
            log.exception("a run could not be written down", extra={"tool": call.name})

    async def _begin(self, call: ToolCall, at_ms: int) -> None:
        try:
            row = await in_pool(self._request, call, at_ms)
            self._runs[call.call_id] = str(row.execution_id)
        except Exception:
            log.exception("a run could not be written down", extra={"tool": call.name})

    async def _finish(self, call_id: str, code: str, message: str) -> None:
        begun = self._begun.get(call_id)
        if begun is not None:
            await begun
        execution_id = self._runs.get(call_id)
        if execution_id is None:
            return
        try:
            await in_pool(_end_run, execution_id, code, message)
        except Exception:
            log.exception("the end of a run could not be written down")

    async def _cancel(self, execution_id: str) -> None:
        process_listener.forget(execution_id)
        self._waiting.discard(execution_id)
        try:
            await in_pool(execution.cancel, execution_id, INTERRUPTED)
        except Exception:
            log.exception("a run could not be cancelled")

    def _asked(self, call: ToolCall, at_ms: int) -> tuple[ToolExecution, Approval | None]:
        """Request a run; return its row, and the question where somebody must say yes first."""
        row = self._request(call, at_ms)
        return row, asking.question_of(row)

    def _request(self, call: ToolCall, at_ms: int) -> ToolExecution:
        tool = self._opening.tools.get(call.name, call.name)
        return execution.request(
            tool,
            call.arguments,
            self._opening.origin,
            tool_call_id=call.call_id,
            at_ms=at_ms,
            said=[CallerSaid(s.question, _wall(s.heard_at), _wall(s.turn_at)) for s in call.said],
        )

    def _request_and_finish(self, call: ToolCall, message: str, code: str, at_ms: int) -> None:
        if code:
            tool = self._opening.tools.get(call.name, call.name)
            execution.refuse(
                tool,
                call.arguments,
                self._opening.origin,
                tool_call_id=call.call_id,
                at_ms=at_ms,
                code=code,
                message=message,
            )
        else:
            row = self._request(call, at_ms)
            execution.finish_in_session(row.execution_id, message=message)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _end_run(execution_id: str, code: str, message: str) -> None:
    if code == "cancelled":
        execution.cancel(execution_id, message)
    else:
        execution.finish_in_session(execution_id, message=message, error_code=code)


def _wall(at: float) -> datetime.datetime:
    """Return the date and time of a moment on the session's clock."""
    return timezone.now() - datetime.timedelta(seconds=time.monotonic() - at)
