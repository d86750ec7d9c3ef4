"""The composition root as an app, for the command that serves everything."""

from django.apps import AppConfig


class CompositionConfig(AppConfig):
    """Holds `manage.py serve`."""

    name = "config"
    label = "composition"
