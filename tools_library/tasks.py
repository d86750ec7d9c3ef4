"""This room's background jobs; each only calls its service."""

from tools_library.services import execution
from voiceassist.foundation.jobs import job


@job(execution.PERFORM, queue="live")
def perform(execution_id: str) -> None:
    """Run a queued tool call."""
    execution.perform(execution_id)
