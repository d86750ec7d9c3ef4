"""Phone calls: webhooks, media, bridge, pages; imports everything below it."""

from django.apps import AppConfig

from voiceassist.foundation import health


class CallsConfig(AppConfig):
    """Calls, their transcripts and the bridge to the model."""

    name = "calls"
    label = "calls"

    def ready(self) -> None:
        """Let `/health` tell when this process takes no more calls."""
        from calls.live import live_calls

        health.register("accepting_calls", live_calls.check)
