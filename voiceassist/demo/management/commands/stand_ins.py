"""`manage.py stand_ins`: the outside world of the demo on one port."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from voiceassist.demo.stand_ins import server


class Command(BaseCommand):
    """Serves the stand-ins in the foreground."""

    requires_system_checks = ()  # nothing here touches models or routes
    help = (
        "Serve stand-ins for OpenAI Realtime (scripted, no AI) and Twilio's REST API, and a tool "
        "server. SIGTERM or Ctrl-C ends it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take address and port."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.STAND_INS_PORT)
        parser.add_argument(
            "--exit-with-parent", action="store_true", help="end when standard input closes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop.

        Raises:
            CommandError: the port is taken.
        """
        host, port = options["host"], options["port"]
        try:
            server.serve(host, port, exit_with_parent=options["exit_with_parent"])
        except OSError as error:
            raise CommandError(
                f"The stand-ins cannot use port {port} ({error.strerror}). "
                "Choose another with STAND_INS_PORT or --port."
            ) from None
