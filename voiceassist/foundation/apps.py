"""The ground that all rooms stand on; imports nothing of ours."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Foundation: errors, events, jobs, the outbound door, providers."""

    name = "voiceassist.foundation"
    label = "foundation"
