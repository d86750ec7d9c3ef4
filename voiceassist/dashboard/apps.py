"""Pages that mix rooms: sign-in, shell; may import every room below config."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The dashboard's shell and the pages that belong to no single room."""

    name = "voiceassist.dashboard"
    label = "dashboard"
