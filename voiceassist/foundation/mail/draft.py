"""A mail that somebody wants sent, checked; imports Django's validators and our errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from voiceassist.foundation.errors import VoiceAssistError

SUBJECT_MAX = 200
TEXT_MAX = 100_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class MailRefused(VoiceAssistError):
    """This mail is never sent; the message says why."""

    code = "refused"


@dataclass(frozen=True)
class Draft:
    """One mail to one address.

    Raises:
        MailRefused: the address is none, or subject or text cannot be sent.
    """

    recipient: str
    subject: str
    text: str
    html: str = ""

    def __post_init__(self) -> None:
        try:
            validate_email(self.recipient)
        except ValidationError:
            raise MailRefused(
                f"{self.recipient[:100]!r} is no e-mail address; ask for it again."
            ) from None
        if not self.subject.strip() or len(self.subject) > SUBJECT_MAX:
            raise MailRefused(f"The subject must have 1 to {SUBJECT_MAX} characters.")
        if _CONTROL.search(self.subject) or "\n" in self.subject:
            raise MailRefused("The subject must be one line of plain text.")
        if not (self.text.strip() or self.html.strip()):
            raise MailRefused("The mail is empty; say what it should tell.")
        if max(len(self.text), len(self.html)) > TEXT_MAX:
            raise MailRefused(f"The text is longer than {TEXT_MAX:,} characters.")
