"""Servers as processes of their own on the test's database, with the model's stand-in beside."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from tests.factories.processes import database_url
from tests.services.ports import accepts, free_port, wait_for
from voiceassist.demo.stand_ins.server import StandInServer

ROOT = Path(__file__).resolve().parents[3]


class StandIns:
    """The stand-ins on a loop in a thread, which outlive the servers."""

    def __init__(self):
        self.server = StandInServer()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._do(self.server.start())

    def stop(self):
        """Close the port."""
        self._do(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    def asked(self):
        """When the model was asked for each step, by its own log."""
        times = defaultdict(list)
        for log in list(self.server.chats):
            times[log.key].append(log.at)
        return times

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)


class Server:
    """`manage.py serve`, or `dying` with the point at which it is killed."""

    def __init__(self, stand_ins, log, *, tools_port=1, dies_at=""):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        command = ["manage.py", "serve", "--port", str(self.port)]
        if dies_at:
            dying = "tests.integration.conversations.dying"
            command = ["-m", dying, dies_at, str(self.port)]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self._env(stand_ins, tools_port),
                stdout=out, stderr=out,
            )  # fmt: skip
        wait_for(
            lambda: accepts(self.port), seconds=90, what="the server",
            log=lambda: log.read_text(errors="replace")[-3000:],
            alive=lambda: self.process.poll() is None,
        )  # fmt: skip

    def _env(self, stand_ins, tools_port):
        allowed = [stand_ins.url.removeprefix("http://"), f"127.0.0.1:{tools_port}"]
        return {
            **os.environ, "DATABASE_URL": database_url(), "CELERY_BROKER_URL": "",
            "DJANGO_SETTINGS_MODULE": "config.settings.test", "PUBLIC_URL": self.url,
            "PORT": str(self.port), "TWILIO_API_BASE_URL": stand_ins.url,
            "AWS_ENDPOINT_URL": stand_ins.url,
            "OPENAI_BASE_URL": f"{stand_ins.url}/v1", "OUTBOUND_ALLOW": ",".join(allowed),
        }  # fmt: skip

    def killed(self):
        """Wait until it was killed; return when, as the model's log has it."""
        assert self.process.wait(60) == -9, self.log.read_text(errors="replace")[-3000:]
        return time.monotonic()

    def kill(self):
        """Kill it (SIGKILL); return when."""
        self.process.kill()
        return self.killed()

    def stop(self):
        """Let it end."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
