"""A call's tools: hands the model's function calls to the tool services and waits for outcomes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from calls.bridge.ports import ToolCall
from calls.services.plan import Opening
from calls.services.pool import in_pool
from tools_library.choices import FINAL_STATUSES
from tools_library.engine.model_output import output_for_model
from tools_library.engine.types import ToolOutcome
from tools_library.models import ToolExecution
from tools_library.services import execution
from tools_library.services.outcomes import process_listener
from tools_library.services.reporting import outcome_of

log = logging.getLogger(__name__)

NOT_STARTED = json.dumps(
    {"success": False, "error": "internal", "message": "The tool could not be started."}
)


class CallTools:
    """Implements `ports.Tools` for one stream; outcomes arrive in the stream's event loop.

    Args:
        opening: whose calls these are.
        answer: takes a call id and the output for the model.
        at_ms: tells where on the call's timeline we are.
    """

    def __init__(
        self,
        opening: Opening,
        answer: Callable[[str, str], None],
        at_ms: Callable[[], int],
    ) -> None:
        self._opening = opening
        self._answer = answer
        self._at_ms = at_ms
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: set[str] = set()
        self._abandoned = False

    def start(self, call: ToolCall) -> None:
        """Begin a run; its outcome is given to the session."""
        self._spawn(self._run(call, self._at_ms()))

    def perform_here(self, call: ToolCall, output: Mapping[str, Any]) -> None:
        """Record a run that the session has performed."""
        self._spawn(self._record(call, str(output["message"]), "", self._at_ms()))

    def refuse(self, call: ToolCall, code: str, message: str) -> None:
        """Record a run that does not take place."""
        self._spawn(self._record(call, message, code, self._at_ms()))

    def abandon(self) -> None:
        """Nobody waits any more; runs that have begun end by themselves."""
        self._abandoned = True
        for execution_id in self._waiting:
            process_listener.forget(execution_id)
        self._waiting.clear()

    async def _run(self, call: ToolCall, at_ms: int) -> None:
        try:
            row = await in_pool(self._request, call, at_ms)
        except Exception:
            log.exception("a tool could not be started", extra={"tool": call.name})
            self._answer(call.call_id, NOT_STARTED)
            return
        if self._abandoned:  # while the run was being written down
            return
        if row.status in FINAL_STATUSES:
            self._answer(call.call_id, output_for_model(outcome_of(row)))
            return
        execution_id = str(row.execution_id)
        self._waiting.add(execution_id)

        def finished(outcome: ToolOutcome) -> None:
            self._waiting.discard(execution_id)
            self._answer(call.call_id, output_for_model(outcome))

        process_listener.expect(execution_id, finished)

    async def _record(self, call: ToolCall, message: str, code: str, at_ms: int) -> None:
        try:
            await in_pool(self._request_and_finish, call, message, code, at_ms)
        except Exception:
            log.exception("a run could not be written down", extra={"tool": call.name})

    def _request(self, call: ToolCall, at_ms: int) -> ToolExecution:
        tool = self._opening.tools.get(call.name, call.name)
        return execution.request(
            tool, call.arguments, self._opening.origin, tool_call_id=call.call_id, at_ms=at_ms
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

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
