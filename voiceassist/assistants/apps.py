"""What an assistant is: instructions, voice, limits; imports organizations and foundation."""

from django.apps import AppConfig


class AssistantsConfig(AppConfig):
    """Assistants, their published versions and their phone numbers."""

    name = "voiceassist.assistants"
    label = "assistants"
    verbose_name = "Assistants and tools"
