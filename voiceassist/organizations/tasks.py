"""This room's background jobs; each only calls its service."""

from voiceassist.foundation.jobs import job
from voiceassist.organizations.services import credentials


@job(credentials.USED_JOB)
def note_credential_used(credential_id: int) -> None:
    """Write down that a credential was used."""
    credentials.note_used(credential_id)
