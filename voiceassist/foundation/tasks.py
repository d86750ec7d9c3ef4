"""What the foundation does in the background; imports its services."""

from voiceassist.foundation import mail
from voiceassist.foundation.jobs import every


@every(30, "mail.due")
def send_due_mail() -> None:
    """Try again the mails whose time has come."""
    mail.attempt_due()
