"""Django registration of the demo app; it has no models."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Makes the commands `stand_ins`, `simulate_call` and `seed_demo` known to Django."""

    name = "voiceassist.demo"
    label = "demo"
    verbose_name = "Demo"
