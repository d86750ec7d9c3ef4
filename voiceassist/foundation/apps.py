"""The ground that all rooms stand on; imports nothing of ours."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Foundation: errors, events, jobs, the outbound door, providers."""

    name = "voiceassist.foundation"
    label = "foundation"

    def ready(self) -> None:
        """Register the health checks every deployment has."""
        from voiceassist.foundation.health_checks import register_all

        register_all()
