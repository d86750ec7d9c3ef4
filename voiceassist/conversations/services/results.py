"""What the model is told of a call, and what clients see of it; imports the engine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tools_library.behaviour import DEFAULT, Behaviour
from tools_library.choices import ExecutionStatus
from tools_library.engine.model_output import output_for_model
from tools_library.engine.types import ToolOutcome
from tools_library.models import ToolExecution
from tools_library.services.reporting import outcome_of
from voiceassist.conversations.choices import ProposalStatus

_STATUS = {
    ExecutionStatus.SUCCESS: ProposalStatus.SUCCEEDED,
    ExecutionStatus.ERROR: ProposalStatus.FAILED,
    ExecutionStatus.TIMEOUT: ProposalStatus.EXPIRED,
    ExecutionStatus.CANCELLED: ProposalStatus.CANCELLED,
    ExecutionStatus.DENIED: ProposalStatus.REJECTED,
}


def status_of(execution: ToolExecution, *, in_browser: bool) -> str:
    """Return where the call of a run stands, as a ProposalStatus."""
    if execution.status == ExecutionStatus.AWAITING_APPROVAL:
        return ProposalStatus.PENDING_APPROVAL
    if execution.status == ExecutionStatus.DENIED and execution.error_code == "expired":
        return ProposalStatus.EXPIRED
    if execution.status == ExecutionStatus.TIMEOUT and not in_browser:
        return ProposalStatus.FAILED
    final = _STATUS.get(ExecutionStatus(execution.status))
    if final is not None:
        return final
    return ProposalStatus.PENDING_FRONTEND if in_browser else ProposalStatus.EXECUTING


def told(execution: ToolExecution) -> str:
    """Return what the model reads of a run that has ended."""
    version = execution.definition
    behaviour = Behaviour.model_validate(version.behaviour) if version is not None else DEFAULT
    return output_for_model(outcome_of(execution), behaviour)


def refused(code: str, why: str) -> str:
    """Return what the model reads of a call that did not take place."""
    output = {"success": False, "message": why}
    return output_for_model(ToolOutcome("cancelled", output, code, public_message=why))


def read(result: Any, *, is_error: bool) -> tuple[bool, str, Any]:
    """Return success, message and data of what a browser answered, in any of its shapes.

    `{"success", "message"?, "data"?}` is taken as it is; text is the message; anything else data.
    """
    if isinstance(result, dict) and isinstance(result.get("success"), bool):
        message = result.get("message", result.get("error", ""))
        said = message if isinstance(message, str) else json.dumps(message)
        data = result.get("data")
        if data is None:
            rest = {key: each for key, each in result.items() if key not in _KNOWN}
            data = rest or None
        return result["success"] and not is_error, said, data
    if isinstance(result, str):
        return not is_error, result, None
    return not is_error, "", result


_KNOWN = frozenset({"success", "message", "error", "data"})


def hash_of(*parts: Any) -> str:
    """Return what tells equal answers from other ones."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
