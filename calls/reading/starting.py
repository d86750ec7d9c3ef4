"""What may be rung with, and by what; imports models and settings."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet

from voiceassist.assistants.models import Assistant
from voiceassist.organizations.models import Organization

INSTRUCTION_MAX = 4000


def callable_assistants(organization: Organization) -> QuerySet[Assistant]:
    """Return the assistants that can ring somebody: switched on and published."""
    assistants: QuerySet[Assistant] = Assistant.objects.of(organization)
    return assistants.filter(is_active=True, published_version__isnull=False)


def phone_is_simulated() -> bool:
    """Return whether the built-in phone rings, since no Twilio account is named."""
    return not settings.TWILIO_ACCOUNT_SID.removeprefix("AC").strip("0")
