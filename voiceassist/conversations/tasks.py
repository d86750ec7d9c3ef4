"""This room's background jobs; each only calls its service."""

from voiceassist.conversations.services import python_agents, sweeping
from voiceassist.foundation.jobs import every, job


@every(5, "conversations.sweep")
def sweep() -> None:
    """Bring on conversations whose process died."""
    sweeping.sweep()


@job(python_agents.PERFORM, queue="live")
def perform(proposal_id: int) -> None:
    """Carry out a call of a Python agent's own tool."""
    python_agents.perform(proposal_id)
