"""`accounting`: every run has one end and one effect, whatever dies meanwhile.

Real Celery workers and beat on PostgreSQL and Redis; workers are killed at random and Redis is
restarted once, empty. A server outside counts what it received.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.results import verdict
from tests.services.ports import accepts, free_port, wait_for
from tests.services.running import start_services

Say = Callable[[str], None]

RUNS = 2_000
PER_SECOND = 25.0
WORKERS = 2
KILLS = 8
ONCE = frozenset({"write", "irreversible"})


def accounting(
    say: Say, runs: int = RUNS, kills: int = KILLS, per_second: float = PER_SECOND
) -> dict[str, Any]:
    """Ask for runs while workers die and Redis loses all it held; return the account.

    Args:
        kills: how many workers are killed, at equal distances.
    """
    with ExitStack() as stack:
        receiver = Receiver()
        stack.callback(receiver.stop)
        services = start_services("postgres")
        stack.callback(services.stop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="accounting-")))
        redis = Redis(folder)
        stack.callback(redis.stop)
        env = _environment(services.env["DATABASE_URL"], redis.url, receiver.port)
        manage = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(manage, cwd=ROOT, env=env, check=True)
        crew = Crew(env, folder)
        stack.callback(crew.stop)
        account = _run(say, crew, redis, env, (receiver.port, runs, per_second), kills)
    return _judged(account, receiver, crew, redis)


def _run(
    say: Say, crew: "Crew", redis: "Redis", env: dict[str, str], what: tuple[Any, ...], kills: int
) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.accounting_run", *map(str, what)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    account = None
    for line in process.stdout:
        if not line.startswith("asked"):
            account = json.loads(line) if line.startswith("{") else account
            continue
        _, done, total = line.split()
        share = int(done) / int(total)
        if crew.kills < kills and share >= (crew.kills + 1) / (kills + 2):
            crew.kill_one()
        if share >= 0.5 and not redis.restarts:
            redis.restart()
        say(f"accounting: {done} of {total} asked for, {crew.kills} workers killed")
    process.stdout.close()
    if process.wait() or account is None:
        raise RuntimeError(f"The program that asks ended with {process.returncode}.")
    return account


def _judged(
    account: dict[str, Any], receiver: "Receiver", crew: "Crew", redis: "Redis"
) -> dict[str, Any]:
    received = receiver.received
    twice = [key for key, count in received.items() if count > 1 and key.split()[0] in ONCE]
    again = [key for key, count in received.items() if count > 1 and key.split()[0] not in ONCE]
    unseen = [key for key in account.pop("succeeded") if not received[key]]
    done = sum(n for status, n in account["statuses"].items() if status.endswith(" success"))
    lost = account["asked"] - account["rows"] + len(account["not_asked"])
    figures = {
        **account,
        "workers_killed": crew.kills,
        "redis_restarts": redis.restarts,
        "received": sum(received.values()),
        "repeated_reads": len(again),
        "changes_made_twice": sorted(twice),
        "successes_nobody_received": sorted(unseen),
        "lost": lost,
    }
    return {
        "figures": figures,
        "verdicts": {
            "every run is final": verdict(account["not_final"], 0),
            "no run is lost": verdict(lost, 0),
            "no change is made twice": verdict(len(twice), 0),
            "what succeeded was received": verdict(len(unseen), 0),
            "counters equal rows": verdict(account["counters_wrong"] + account["uncounted"], 0),
            "most runs succeed all the same": verdict(account["rows"] / max(1, done), 2),
        },
    }


def _environment(database: str, redis: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "CELERY_BROKER_URL": redis,
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DEMO": "1",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "OUTBOUND_ALLOW": f"127.0.0.1:{port}",
    }


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked was killed."""


class Receiver:
    """Takes what tools send and counts it; slow now and then, failing now and then."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                n = int(body.get("n", body.get("parameters", {}).get("n", -1)))
                side_effect = self.path.strip("/")
                with outer._lock:
                    outer.received[f"{side_effect} {n}"] += 1
                dice = random.Random(n)
                time.sleep(2.0 if dice.random() < 0.04 else dice.random() * 0.5)
                status = 500 if dice.random() < 0.03 else 200
                answer = b'{"success": true, "message": "done"}'
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


class Redis:
    """A Redis that loses all it held when it restarts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.restarts = 0
        self._folder = folder
        self._process = self._start()

    def restart(self) -> None:
        """Kill it and start it again, empty, at the same address."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()
        self.restarts += 1

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)

    def _start(self) -> subprocess.Popen[bytes]:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        with (self._folder / "redis.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--dir", str(self._folder), "--appendonly", "no"], stdout=log, stderr=log
            )
        wait_for(lambda: accepts(self.port), seconds=60, what="Redis")
        return process


class Crew:
    """Workers and the beat; a killed worker is followed by a new one."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.kills = self._started = 0
        self._env, self._folder = env, folder
        self._dice = random.Random(7)
        schedule = str(folder / "beat")
        self._beat = self._start("beat", "--schedule", schedule, "--pidfile=")
        self._workers = [self._worker() for _ in range(WORKERS)]
        for number in range(WORKERS):
            log = self._folder / f"worker-{number + 1}.log"
            wait_for(
                lambda log=log: b" ready." in log.read_bytes(), seconds=90, what="The worker",
                log=lambda log=log: log.read_text()[-2000:],
            )  # fmt: skip

    def kill_one(self) -> None:
        """Kill a worker at once, with all it is doing, and start another."""
        place = self._dice.randrange(WORKERS)
        self._workers[place].kill()
        self._workers[place].wait()
        self.kills += 1
        self._workers[place] = self._worker()

    def stop(self) -> None:
        """End all of them."""
        for process in (self._beat, *self._workers):
            process.terminate()
        for process in (self._beat, *self._workers):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _worker(self) -> subprocess.Popen[bytes]:
        options = ("-Q", "live,default", "-P", "threads", "-c", "16", "--without-gossip",
                   "--without-mingle", "-n", f"worker-{time.monotonic_ns()}")  # fmt: skip
        self._started += 1
        return self._start("worker", *options)

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{command[0]}-{self._started}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config.celery", *command, "-l", "INFO"],
                cwd=ROOT, env=self._env, stdout=log, stderr=log,
            )  # fmt: skip
