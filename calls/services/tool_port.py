"""A call's tools: hands the model's function calls to the tool services and waits for outcomes."""

from __future__ import annotations

import asyncio
import contextlib
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
    {"success": False, "error_code": "internal", "message": "The tool could not be started."}
)
ENDED_FIRST = "The call ended before anybody said yes."
UNREADABLE = "Somebody said yes, but what was agreed to could not be read."
INTERRUPTED = "The run was cancelled: the caller spoke while it was under way."


class Asker(Protocol):
    """The session, as far as tools report to it; see `Session` for what each does."""

    def on_tool_outcome(self, call_id: str, output: str) -> None:
        """Give the model a tool's output."""

    def on_tool_question(self, call_id: str, question: int, output: str) -> None:
        """Let the model ask the caller."""

    def on_tool_waiting(self, call_id: str, seconds: float) -> None:
        """Let the caller wait for staff."""

    def on_tool_began(self, call_id: str) -> None:
        """Let the caller hear that what staff were asked about is being done."""

    def on_tool_allowed(self, call_id: str, arguments: Mapping[str, Any]) -> None:
        """Perform what the session performs itself: somebody said yes."""


class CallTools:
    """Implements `ports.Tools` for one stream; outcomes arrive in the stream's event loop.

    Args:
        opening: whose calls these are.
        session: returns who is told; it is there from the first tool call until `abandon`.
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
        self._waiting: dict[str, ToolCall] = {}  # execution id → whose outcome is expected
        self._runs: dict[str, str] = {}  # call id → execution id, once it is written down
        self._begun: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self._abandoned = False

    def start(self, call: ToolCall) -> None:
        """Begin a run; its outcome is given to the session."""
        self._spawn(self._run(call, self._at_ms()))

    def begin_here(self, call: ToolCall) -> None:
        """Record a run that the session has begun, unless it was asked for before."""
        if call.call_id not in self._runs:
            self._begun[call.call_id] = self._spawn(self._begin(call, self._at_ms()))

    def finish_here(self, call_id: str, code: str, message: str) -> None:
        """Record how such a run ended, once its beginning is written down."""
        self._spawn(self._finish(call_id, code, message))

    def cancel(self, call_id: str) -> None:
        """End a run that nobody waits for any more."""
        self._cancelled.add(call_id)
        if call_id in self._runs:
            self._spawn(self._cancel(self._runs[call_id], INTERRUPTED))

    def refuse(self, call: ToolCall, code: str, message: str) -> None:
        """Record a run that does not take place."""
        if call.call_id in self._runs:
            self.finish_here(call.call_id, code, message)
        else:
            self._spawn(self._refuse(call, code, message, self._at_ms()))

    def heard(self, question: int, at: float) -> None:
        """Record that the caller has heard a question to its end."""
        self._spawn(self._heard(question, _wall(at)))

    def abandon(self) -> None:
        """Nobody waits any more; what workers have begun ends by itself."""
        self._abandoned = True
        for execution_id, call in self._waiting.items():
            process_listener.forget(execution_id)
            if self._is_act(call):
                self._spawn(self._cancel(execution_id, ENDED_FIRST))
        self._waiting.clear()

    async def settled(self, within_s: float) -> None:
        """Wait until all that was asked for is written down; a slow database is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._tasks:
                    await asyncio.wait(self._tasks)

    async def _run(self, call: ToolCall, at_ms: int) -> None:
        try:
            row, question = await in_pool(self._asked, call, at_ms)
        except Exception:
            log.exception("a tool could not be started", extra={"tool": call.name})
            self._answer(call.call_id, NOT_STARTED)
            return
        if call.call_id in self._cancelled:  # while the run was being written down
            await self._cancel(str(row.execution_id), INTERRUPTED)
            return
        if self._abandoned:
            if self._is_act(call):
                await self._cancel(str(row.execution_id), ENDED_FIRST)
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
        self._runs[call.call_id] = str(row.execution_id)
        self._expect(call, str(row.execution_id))

    def _expect(self, call: ToolCall, execution_id: str) -> None:
        """Wait for a run's outcome, or that it goes on with somebody's yes."""
        self._waiting[execution_id] = call

        def reported(outcome: ToolOutcome) -> None:
            self._waiting.pop(execution_id, None)
            if outcome.status in FINAL_STATUSES:
                self._answer(call.call_id, self._told(call.name, outcome))
            elif self._is_act(call):
                self._spawn(self._allow(call.call_id, execution_id))
            elif not self._abandoned:
                self._session().on_tool_began(call.call_id)
                self._expect(call, execution_id)

        process_listener.expect(execution_id, reported)

    async def _allow(self, call_id: str, execution_id: str) -> None:
        """Let the session perform what it asked for, with the arguments that were agreed to."""
        try:
            row = await in_pool(_run_of, execution_id)
        except Exception:
            log.exception("what was agreed to could not be read")
            self._answer(call_id, NOT_STARTED)
            await self._cancel(execution_id, UNREADABLE)
            return
        if self._abandoned:
            await self._cancel(execution_id, ENDED_FIRST)
            return
        self._session().on_tool_allowed(call_id, row.input_parameters)

    def _is_act(self, call: ToolCall) -> bool:
        """Whether the session performs it: nobody else will once the call is over."""
        tool = self._opening.tools.get(call.name)
        return tool is not None and tool.runs_at == "session"

    def _ask(self, call: ToolCall, row: ToolExecution, question: Approval) -> None:
        ended = row.status in FINAL_STATUSES
        told = self._told(call.name, outcome_of(row)) if ended else asking.output_while_waiting(row)
        self._session().on_tool_question(call.call_id, question.pk, told)

    def _told(self, name: str, outcome: ToolOutcome) -> str:
        """Return what the model gets to know, as the tool has it."""
        tool = self._opening.tools.get(name)
        return output_for_model(outcome, tool.behaviour if tool else DEFAULT)

    def _answer(self, call_id: str, output: str) -> None:
        if not self._abandoned:
            self._session().on_tool_outcome(call_id, output)

    async def _heard(self, question: int, at: datetime.datetime) -> None:
        organization_id = self._opening.origin.organization_id
        try:
            await in_pool(asking.heard, organization_id, question, at)
        except Exception:
            log.exception("that a question was heard could not be written down")

    async def _refuse(self, call: ToolCall, code: str, message: str, at_ms: int) -> None:
        try:
            await in_pool(self._write_refusal, call, code, message, at_ms)
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

    async def _cancel(self, execution_id: str, why: str) -> None:
        process_listener.forget(execution_id)
        self._waiting.pop(execution_id, None)
        try:
            await in_pool(execution.cancel, execution_id, why)
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

    def _write_refusal(self, call: ToolCall, code: str, message: str, at_ms: int) -> None:
        execution.refuse(
            self._opening.tools.get(call.name, call.name),
            call.arguments,
            self._opening.origin,
            tool_call_id=call.call_id,
            at_ms=at_ms,
            code=code,
            message=message,
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _run_of(execution_id: str) -> ToolExecution:
    row: ToolExecution = ToolExecution.unscoped.get(execution_id=execution_id)
    return row


def _end_run(execution_id: str, code: str, message: str) -> None:
    if code == "cancelled":
        execution.cancel(execution_id, message)
    else:
        execution.finish_in_session(execution_id, message=message, error_code=code)


def _wall(at: float) -> datetime.datetime:
    """Return the date and time of a moment on the session's clock."""
    return timezone.now() - datetime.timedelta(seconds=time.monotonic() - at)
