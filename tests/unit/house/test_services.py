"""The test run's own ground: servers answer, and go with whoever held them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import redis

from tests.services.ports import accepts, wait_for
from tests.services.running import ROOT, start_services


def _gone(port: int) -> bool:
    return not accepts(port)


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/")[0])


def test_started_servers_answer_and_stop_leaves_nothing() -> None:
    services = start_services("postgres", "redis")
    with psycopg.connect(services.env["DATABASE_URL"]) as connection:
        row = connection.execute("select current_setting('data_directory')").fetchone()
    assert row is not None
    with redis.Redis.from_url(services.env["REDIS_URL"]) as client:
        assert client.ping()
    services.stop()
    assert not Path(row[0]).parent.exists()
    assert _gone(_port(services.env["DATABASE_URL"]))


def test_servers_go_when_their_holder_is_killed() -> None:
    script = (
        "from tests.services.running import start_services\n"
        "print(start_services('redis').env['REDIS_URL'], flush=True)\n"
        "import signal; signal.pause()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    port = _port(holder.stdout.readline().strip())
    assert accepts(port)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    wait_for(lambda: _gone(port), seconds=60, what="the end of Redis")


def test_the_run_uses_a_real_database(db: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select version()")
        row = cursor.fetchone()
    assert row is not None
    assert row[0].startswith("PostgreSQL")
