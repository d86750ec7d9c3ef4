"""The stand-ins as a process of their own: starting, being asked, and going with their parent."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.demo.model import ask
from tests.services.ports import free_port

ROOT = Path(__file__).parents[3]
MODULE = ["-m", "voiceassist.demo.stand_ins"]
COMMAND = ["manage.py", "stand_ins"]


def start(entrance, port, *more):
    settings = {"DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    return subprocess.Popen(
        [sys.executable, *entrance, "--port", str(port), *more],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("entrance", [MODULE, COMMAND], ids=["module", "command"])
def test_one_line_says_where_it_is_and_a_signal_ends_it(entrance):
    port = free_port()
    process = start(entrance, port)
    try:
        assert process.stderr.readline() == (
            f"Stand-ins (scripted, no AI) on http://127.0.0.1:{port}\n"
        )
        assert ask(f"http://127.0.0.1:{port}/_stand_in/health")[1] == {"status": "ok", "ai": False}
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_it_ends_when_its_parents_pipe_closes():
    process = start(MODULE, free_port(), "--exit-with-parent")
    try:
        assert "Stand-ins" in process.stderr.readline()
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize("entrance", [MODULE, COMMAND], ids=["module", "command"])
def test_a_taken_port_is_said_to_be_one(entrance):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(entrance, port)
        _, words = process.communicate(timeout=60)
        assert process.returncode == 1
        assert f"cannot use 127.0.0.1:{port} (Address already in use)" in words
        assert "STAND_INS_PORT" in words
        assert "Traceback" not in words
