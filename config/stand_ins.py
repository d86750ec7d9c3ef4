"""The demo's stand-ins, as a child process of the server."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from contextlib import suppress

from django.conf import settings

from config.settings.env import BASE_DIR

log = logging.getLogger(__name__)

STOPS_WITHIN_S = 5
ANSWERS_WITHIN_S = 60
_LOOK_EVERY_S = 0.05


def wanted() -> bool:
    """Return whether the settings send this server's requests to the stand-ins."""
    stand_ins = settings.STAND_INS_URL
    return bool(stand_ins) and (
        settings.OPENAI_BASE_URL.startswith(stand_ins)
        or stand_ins in (settings.TWILIO_API_BASE_URL, settings.AWS_ENDPOINT_URL)
    )


class StandInsProcess:
    """Runs from its making until `stop`, or until this process ends."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "voiceassist.demo.stand_ins", "--exit-with-parent"]
        command += ["--port", str(settings.STAND_INS_PORT)]
        # It ends when our end of its standard input closes.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=BASE_DIR)  # noqa: S603

    async def answers(self) -> None:
        """Wait until they take connections: a call that comes earlier would find no model.

        They tell themselves why they cannot start; the server goes on without them.
        """
        last = time.monotonic() + ANSWERS_WITHIN_S
        while self._process.poll() is None and time.monotonic() < last:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", settings.STAND_INS_PORT)
                writer.close()
                return
            await asyncio.sleep(_LOOK_EVERY_S)
        log.warning("the stand-ins do not answer on port %d", settings.STAND_INS_PORT)

    def stop(self) -> None:
        """End them."""
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
