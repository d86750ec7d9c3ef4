"""Steps of a waiting run: to the queue or to its end; imports models, the engine and reporting.

Each is one conditional UPDATE inside the transaction of whoever decides.
"""

from __future__ import annotations

import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from tools_library.choices import ExecutionStatus, ToolType
from tools_library.executors.builtin import of_session
from tools_library.models import ToolExecution, ToolVersion
from tools_library.services import limits, queues, reporting
from tools_library.services.finishing import end_followers
from tools_library.services.running import merged_configuration
from voiceassist.foundation.events.transport import reply

_WAITING = (ExecutionStatus.AWAITING_APPROVAL,)
_SET_GOING = (
    "status", "queued_at", "started_at", "deadline_at", "tool_call_id", "reply_to",
    "input_parameters", "arguments_hash", "notice", "message",
)  # fmt: skip
_DENIED = (
    "status", "output_result", "message", "error_code", "error_message", "started_at",
    "completed_at", "duration_ms", "uncounted",
)  # fmt: skip


def set_going(
    execution: ToolExecution, now: datetime.datetime, *, call_waits: bool = False
) -> bool:
    """Let a run that waited go on, with the whole of its time from now; False where it had ended.

    It is queued for a worker; a browser's, and what acts on a live call, is `running` at once:
    its conversation, or the process that holds the call, is told.

    Args:
        call_waits: a live call has been waiting for this; it is told of a worker's run too.
    """
    on_a_call = _acts_on_a_call(execution)
    elsewhere = on_a_call or _runs_in_browser(execution)
    execution.status = ExecutionStatus.RUNNING if elsewhere else ExecutionStatus.QUEUED
    execution.queued_at = None if elsewhere else now
    execution.started_at = now if elsewhere else None
    execution.deadline_at = now + _time_of(execution)
    execution.message = ""
    if not reporting.advance(execution, _SET_GOING, still=_WAITING):
        return False
    if on_a_call or (call_waits and execution.reply_to and not execution.is_async):
        told = reporting.outcome_message(execution)
        transaction.on_commit(partial(reply, execution.reply_to, told))
    if not elsewhere:
        queues.hand_over(execution)
    return True


def deny(execution: ToolExecution, code: str, message: str, detail: str = "") -> bool:
    """End a run that waited; return False where it had ended already.

    Args:
        code: `denied` or `expired`.
        message: what the model is told.
        detail: for staff.
    """
    now = timezone.now()
    execution.status = ExecutionStatus.DENIED
    execution.output_result = {"success": False, "message": message}
    execution.message = message
    execution.error_code = code
    execution.error_message = detail
    execution.started_at = execution.started_at or now
    execution.completed_at = now
    execution.duration_ms = 0
    execution.uncounted = execution.tool_id is not None
    if not reporting.advance(execution, _DENIED, still=_WAITING):
        return False
    if execution.arguments_hash:
        end_followers(execution)
    return True


def _acts_on_a_call(execution: ToolExecution) -> bool:
    return execution.tool_id is None and of_session.seconds_of(execution.tool_name) is not None


def _runs_in_browser(execution: ToolExecution) -> bool:
    version = execution.definition
    return version is not None and version.tool_type == ToolType.FRONTEND


def _time_of(execution: ToolExecution) -> datetime.timedelta:
    version = execution.definition
    if version is None:  # removed since: the run will say so
        version = ToolVersion(configuration={}, timeout_seconds=None)
    if _acts_on_a_call(execution):
        return datetime.timedelta(seconds=of_session.seconds_of(execution.tool_name) or 0)
    if version.tool_type == ToolType.FRONTEND:
        return datetime.timedelta(seconds=version.timeout_seconds or limits.BROWSER_SECONDS)
    merged = merged_configuration(version.configuration, execution.custom_configuration)
    seconds = limits.timeout_seconds(
        execution.side_effect,
        version.timeout_seconds,
        merged,
        execution.trigger_context,
        is_async=execution.is_async,
    )
    return datetime.timedelta(seconds=seconds)
