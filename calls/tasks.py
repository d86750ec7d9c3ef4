"""This room's background jobs; each only calls its service."""

from calls.services import sweeping
from voiceassist.foundation.jobs import every


@every(15, "calls.sweep")
def sweep() -> None:
    """End calls that nobody will end any more."""
    sweeping.sweep()
