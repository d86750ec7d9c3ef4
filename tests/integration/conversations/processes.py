"""Servers as processes of their own on the test's database, with the model's stand-in beside."""

import asyncio
import json
import os
import signal
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
        self._thread.join(60)
        self._loop.close()

    def asked(self):
        """When the model was asked for each step, by its own log."""
        times = defaultdict(list)
        for log in list(self.server.chats):
            times[log.key].append(log.at)
        return times

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


class Server:
    """`manage.py serve`, with all that it loads."""

    def __init__(self, stand_ins, log, *, tools_port=1):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT, env=_environment(stand_ins, self.port, tools_port),
                stdout=out, stderr=out,
            )  # fmt: skip
        _wait_until_it_serves(self.port, log, lambda: self.process.poll() is None)

    def kill(self):
        """Kill it (SIGKILL); return when, as the model's log has it."""
        self.process.kill()
        assert self.process.wait(60) == -9, _end_of(self.log)
        return time.monotonic()

    def stop(self):
        """Let it end."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)


class Nursery:
    """Servers on one port, one after the other: each is forked from one that loaded it all."""

    def __init__(self, stand_ins, log, *, tools_port):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.alive = set()
        dying = "tests.integration.conversations.dying"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", dying, str(self.port)], cwd=ROOT, text=True,
                env=_environment(stand_ins, self.port, tools_port),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out,
            )  # fmt: skip

    def serve(self, dies_at=""):
        """Start a server; with a point it is killed there."""
        server = Forked(self, self.ask(serve=dies_at))
        self.alive.add(server.pid)
        _wait_until_it_serves(self.port, self.log, server.is_alive)
        return server

    def stop(self):
        """Let all end."""
        for pid in self.alive:
            os.kill(pid, signal.SIGKILL)
        self.process.communicate(timeout=120)

    def ask(self, **told):
        """Return what it answers."""
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, _end_of(self.log)
        return json.loads(answer)


class Forked:
    """One of the nursery's servers."""

    def __init__(self, nursery, pid):
        self.nursery, self.pid, self.url = nursery, pid, nursery.url

    def is_alive(self):
        """Whether it has not ended."""
        status = Path(f"/proc/{self.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] != "Z"

    def killed(self):
        """Wait until it was killed; return when, as the model's log has it."""
        wait_for(lambda: not self.is_alive(), seconds=60, what="the end of the server")
        code = self.nursery.ask(wait=self.pid)
        self.nursery.alive.discard(self.pid)
        assert code == -9, _end_of(self.nursery.log)
        return time.monotonic()

    def kill(self):
        """Kill it (SIGKILL); return when."""
        os.kill(self.pid, signal.SIGKILL)
        return self.killed()


def _environment(stand_ins, port, tools_port):
    allowed = [stand_ins.url.removeprefix("http://"), f"127.0.0.1:{tools_port}"]
    return {
        **os.environ, "DATABASE_URL": database_url(), "CELERY_BROKER_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings.test", "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}", "TWILIO_API_BASE_URL": stand_ins.url,
        "AWS_ENDPOINT_URL": stand_ins.url,
        "OPENAI_BASE_URL": f"{stand_ins.url}/v1", "OUTBOUND_ALLOW": ",".join(allowed),
    }  # fmt: skip


def _wait_until_it_serves(port, log, alive):
    wait_for(
        lambda: accepts(port), seconds=180, what="the server", log=lambda: _end_of(log), alive=alive
    )


def _end_of(log):
    return log.read_text(errors="replace")[-3000:]
