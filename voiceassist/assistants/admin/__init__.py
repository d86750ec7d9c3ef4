"""Admin of assistants, their versions and numbers."""

from voiceassist.assistants.admin.assistant import AssistantAdmin
from voiceassist.assistants.admin.phone_number import PhoneNumberAdmin
from voiceassist.assistants.admin.version import AssistantVersionAdmin

__all__ = ["AssistantAdmin", "AssistantVersionAdmin", "PhoneNumberAdmin"]
