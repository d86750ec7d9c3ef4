"""Assistants, their published versions, their phone numbers."""

from voiceassist.assistants.models.assistant import Assistant
from voiceassist.assistants.models.phone_number import PhoneNumber
from voiceassist.assistants.models.version import AssistantVersion

__all__ = ["Assistant", "AssistantVersion", "PhoneNumber"]
