"""Short-lived tokens by which one end user chats from a foreign page; signed, not stored."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput

PREFIX = "vat_"
SECONDS, LEAST_SECONDS, MOST_SECONDS = 900, 60, 3_600
END_USER_MAX = 200
_SALT = "voiceassist.conversations.tokens"


class TokenRefused(Exception):
    """The token opens nothing; the text says why."""


@dataclass(frozen=True)
class Token:
    """What a token stands for."""

    organization_id: int
    assistant_id: int
    end_user: str


def issue(assistant: Assistant, end_user: str, seconds: int = SECONDS) -> str:
    """Return a token for one end user of one assistant.

    Raises:
        InvalidInput: names each field that must change.
    """
    errors = {}
    if not 1 <= len(end_user.strip()) <= END_USER_MAX:
        errors["end_user"] = f"Name the person with 1 to {END_USER_MAX} characters, such as an id."
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        errors["seconds"] = f"Write {LEAST_SECONDS} to {MOST_SECONDS:,} seconds."
    if errors:
        raise InvalidInput(errors)
    value = [assistant.organization_id, assistant.pk, end_user.strip(), seconds]
    return PREFIX + signing.dumps(value, salt=_SALT)


def read(token: str) -> Token:
    """Return what a token stands for.

    Raises:
        TokenRefused: it is none of ours, or over.
    """
    text = token.removeprefix(PREFIX)
    try:
        organization_id, assistant_id, end_user, seconds = signing.loads(text, salt=_SALT)
        signing.loads(text, salt=_SALT, max_age=seconds)
    except signing.SignatureExpired:
        raise TokenRefused("This token has expired. Ask your own server for a new one.") from None
    except (signing.BadSignature, ValueError, TypeError):
        raise TokenRefused(
            "This token is not one of ours, or was changed. Copy it whole."
        ) from None
    return Token(organization_id, assistant_id, end_user)
