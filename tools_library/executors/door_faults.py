"""What the outbound door raises, as the errors of a tool; imports the engine and the door."""

from __future__ import annotations

from tools_library.engine.errors import (
    ToolAnswerLost,
    ToolArgumentsError,
    ToolError,
    ToolRefused,
    ToolResponseError,
    ToolTimeout,
    ToolTransportError,
)
from voiceassist.foundation import outbound


def tool_error(error: outbound.OutboundError, who: str = "The service") -> ToolError:
    """Return the tool's error for one of the door; `who` begins its sentences."""
    raised = _translated(error, who)
    raised.nothing_sent = not error.sent
    return raised


def _translated(error: outbound.OutboundError, who: str) -> ToolError:
    detail = error.public_message
    if isinstance(error, outbound.OutboundTimeout):
        return ToolTimeout(f"{who} did not answer in time.", detail=detail)
    if isinstance(error, outbound.OutboundTooLarge):
        return ToolResponseError(f"{who} answered with too much.", detail=detail)
    if isinstance(error, outbound.OutboundInvalid):
        return ToolArgumentsError(detail)
    if isinstance(error, outbound.OutboundRefused):
        return ToolRefused(
            "The tool's address may not be called from here; staff must mend it.", detail=detail
        )
    if isinstance(error, outbound.OutboundBroken):
        return ToolAnswerLost(
            f"{who} was reached, but its answer was lost on the way.", detail=detail
        )
    return ToolTransportError(
        f"{who} could not be reached.", detail=detail, retryable=error.retryable
    )
