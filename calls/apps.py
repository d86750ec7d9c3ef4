"""Phone calls: webhooks, media, bridge, pages; imports everything below it."""

from django.apps import AppConfig

from voiceassist.foundation import health


class CallsConfig(AppConfig):
    """Calls, their transcripts and the bridge to the model."""

    name = "calls"
    label = "calls"

    def ready(self) -> None:
        """Let `/health` tell when no more calls are taken, and late outcomes reach their calls."""
        from calls.live import live_calls
        from calls.services import late_results
        from tools_library.services import late

        late.register_late_listener(late_results.pass_on)
        health.register("accepting_calls", live_calls.check)
