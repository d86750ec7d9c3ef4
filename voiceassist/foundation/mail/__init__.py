"""Sending mail: written down first, tried at once, tried again in the background.

Imports Django and our own jobs. Nothing else in the project speaks SMTP.
"""

from voiceassist.foundation.mail.draft import Draft, MailRefused
from voiceassist.foundation.mail.sending import SMTP_TIMEOUT_S, attempt_due, post, send

__all__ = ["SMTP_TIMEOUT_S", "Draft", "MailRefused", "attempt_due", "post", "send"]
