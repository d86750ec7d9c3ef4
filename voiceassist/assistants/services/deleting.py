"""Deleting an assistant; imports the models."""

from __future__ import annotations

from voiceassist.assistants.models import Assistant


def delete(assistant: Assistant) -> None:
    """Delete an assistant and its versions; its numbers stay, unanswered, its calls stay too."""
    assistant.delete()
