"""`manage.py stand_ins`: serves the stand-ins in the foreground; no database needed."""

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from voiceassist.demo.stand_ins.server import StandInServer, serve_until


class Command(BaseCommand):
    """Serve until SIGTERM, SIGINT or, if asked, the end of the parent."""

    requires_system_checks = ()  # the stand-ins need nothing of the platform
    help = "Serve scripted stand-ins (no AI) for OpenAI Realtime, Twilio REST and a tool server."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.STAND_INS_PORT)
        parser.add_argument(
            "--exit-with-parent",
            action="store_true",
            help="Stop when standard input closes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve. Raises: CommandError: the address is taken."""
        server = StandInServer(port=options["port"], host=options["host"])
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(self._serve(server, options["exit_with_parent"]))
            except OSError as error:
                raise CommandError(
                    f"Cannot serve on {options['host']}:{options['port']}: {error.strerror}. "
                    "Choose another port with --port, or stop what uses this one."
                ) from error

    async def _serve(self, server: StandInServer, with_parent: bool) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve_until(server, stop, with_parent=with_parent, ready=self._say)

    def _say(self, url: str) -> None:
        self.stderr.write(f"Stand-ins (scripted, no AI) on {url}")
