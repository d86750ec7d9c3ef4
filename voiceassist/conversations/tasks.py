"""This room's background jobs; each only calls its service."""

from voiceassist.conversations.services import sweeping
from voiceassist.foundation.jobs import every


@every(5, "conversations.sweep")
def sweep() -> None:
    """Bring on conversations whose process died."""
    sweeping.sweep()
