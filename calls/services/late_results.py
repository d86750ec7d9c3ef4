"""Outcomes of async tools that come while the call goes on: passed on to its session."""

from __future__ import annotations

from calls.services.control import GROUP
from tools_library.behaviour import Behaviour
from tools_library.choices import TriggerContext
from tools_library.engine.model_output import output_for_model
from tools_library.models import ToolExecution
from tools_library.services.reporting import outcome_of
from voiceassist.foundation.events.transport import broadcast

TOLD = (
    "{name}, which you called before and which was accepted then, has ended. Tell the caller what "
    "came of it. {output}"
)


def pass_on(execution: ToolExecution) -> None:
    """Tell the process that holds the call's stream, if any does; the row is kept anyway."""
    if execution.call_id is None or execution.trigger_context != TriggerContext.CALL:
        return
    version = execution.definition
    behaviour = Behaviour.model_validate(version.behaviour if version is not None else {})
    output = output_for_model(outcome_of(execution), behaviour)
    text = TOLD.format(name=execution.tool_name, output=output)
    message = {"type": "calls.control", "call_id": execution.call_id, "action": "late"}
    broadcast(GROUP, {**message, "text": text})
