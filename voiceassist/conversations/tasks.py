"""This room's background jobs; each only calls its service."""

from voiceassist.conversations.services import (
    pruning,
    python_agents,
    sms_receiving,
    sms_sending,
    sweeping,
)
from voiceassist.foundation.jobs import every, job


@every(5, "conversations.sweep")
def sweep() -> None:
    """Bring on conversations whose process died."""
    sweeping.sweep()


@every(3600, "conversations.prune")
def prune() -> None:
    """Delete events that are older than they are kept."""
    pruning.prune()


@job(python_agents.PERFORM, queue="live")
def perform(proposal_id: int) -> None:
    """Carry out a call of a Python agent's own tool."""
    python_agents.perform(proposal_id)


@every(10, "conversations.sweep_texts")
def sweep_texts() -> None:
    """Bring on text messages whose process died, and try again what was not sent."""
    sms_sending.sweep()


@job(sms_sending.DELIVER, queue="live")
def send_texts(conversation_id: int) -> None:
    """Send what is due in an SMS conversation."""
    sms_sending.deliver(conversation_id)


@job(sms_sending.TAKE, queue="live")
def take_texts(conversation_id: int) -> None:
    """Answer text messages that wait."""
    sms_receiving.take(conversation_id)
