"""`manage.py stand_ins`: the outside world of the demo on one port; no database needed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voiceassist.demo.stand_ins import __main__ as entrance


class Command(BaseCommand):
    """Serves the stand-ins in the foreground."""

    requires_system_checks = ()  # nothing here touches models or routes
    help = (
        "Serve stand-ins for OpenAI Realtime (scripted, no AI) and Twilio's REST API, and a tool "
        "server. SIGTERM or Ctrl-C ends it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take address and port."""
        entrance.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop.

        Raises:
            CommandError: the port is taken.
        """
        trouble = entrance.run(options)
        if trouble:
            raise CommandError(trouble)
