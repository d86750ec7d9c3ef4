"""`manage.py serve`: the production server."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import server
from voiceassist.demo import seed
from voiceassist.organizations.models import Role

DEMO_READY = """
VoiceAssist is running.
  Open       {url}
  Sign in    {email} · {password}
  Next       make call{port}   (rings the demo assistant; watch it on the calls page)
  Or write   {url}/assistants/demo/chat   (begin with: Where is my order 1042?)

"""
READY = "VoiceAssist is running on {url}\n"


class Command(BaseCommand):
    """Serves HTTP and WebSocket."""

    help = "Serve HTTP and WebSocket. SIGTERM stops taking calls and lets live ones end first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take address and port."""
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop.

        Raises:
            CommandError: the port is taken.
        """
        host, port = options["host"], options["port"]
        if settings.DEMO and port != settings.PORT:
            # The demo's addresses are made from PORT when the settings load: begin again with it.
            os.environ["PORT"] = str(port)
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        _check_free(host, port)
        server.run(host, port, _ready_text(f"http://{host}:{port}"))


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Choose another: PORT=8010 make run"
            ) from None


def _ready_text(url: str) -> str:
    if not settings.DEMO:
        return READY.format(url=url)
    return DEMO_READY.format(
        url=url,
        email=seed.PEOPLE[Role.OWNER],
        password=seed.PASSWORD,
        port="" if settings.PORT == 8000 else f" PORT={settings.PORT}",
    )
