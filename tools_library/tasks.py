"""This room's background jobs; each only calls its service."""

from tools_library.approvals import expiry
from tools_library.services import counting, execution, pruning, sweeping
from voiceassist.foundation.jobs import every, job


@job(execution.PERFORM, queue="live")
def perform(execution_id: str) -> None:
    """Run a queued tool call."""
    execution.perform(execution_id)


@every(3, "tools.sweep", queue="live")
def sweep() -> None:
    """Look after runs that nobody works on any more."""
    sweeping.sweep()


@every(5, "tools.count")
def count() -> None:
    """Add ended runs to the counters of their tools."""
    counting.fold()


@every(5, "tools.approvals")
def approvals() -> None:
    """Close the questions that nobody answered, and escalate what is due."""
    expiry.sweep()


@every(3600, "tools.prune")
def prune() -> None:
    """Delete runs and events that are older than they are kept."""
    pruning.prune()
