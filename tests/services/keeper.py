"""Keeps the test servers while somebody holds its standard input open, and removes them then.

It is a process of its own so that servers and folders also go when a test run is killed.
Imports only the standard library and `tests.services`.
"""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.services.ports import NotReadyError
from tests.services.postgres import MissingBinaryError, Postgres, start_postgres
from tests.services.redis_server import Redis, start_redis


def main(wanted: list[str]) -> int:
    """Start the servers named, print one JSON line about them, stop at the end of input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the holder decides, by closing the pipe
    folder = Path(tempfile.mkdtemp(prefix="voiceassist-tests-"))
    folder.chmod(0o711)  # PostgreSQL's unprivileged user passes through
    running: list[Postgres | Redis] = []
    try:
        print(json.dumps(_start(wanted, folder, running)), flush=True)
        sys.stdin.buffer.read()
    except (MissingBinaryError, NotReadyError, RuntimeError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    finally:
        for server in reversed(running):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _start(wanted: list[str], folder: Path, running: list[Postgres | Redis]) -> dict[str, object]:
    env: dict[str, str] = {}
    if "postgres" in wanted:
        place = folder / "postgres"
        place.mkdir()
        database = start_postgres(place)
        running.append(database)
        env["DATABASE_URL"] = database.url
    if "redis" in wanted:
        place = folder / "redis"
        place.mkdir()
        redis = start_redis(place)
        running.append(redis)
        env |= {"REDIS_URL": redis.url, "CELERY_BROKER_URL": redis.url}
    return {"env": env, "versions": [server.version for server in running]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
