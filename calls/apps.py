"""Phone calls: webhooks, media, bridge, pages; imports everything below it."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Calls, their transcripts and the bridge to the model."""

    name = "calls"
    label = "calls"
