"""Once the demo says that it serves, a call finds its model at once, however slow the machine."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import requests
from websockets.asyncio.client import connect

from tests.services.ports import free_port, wait_for
from tests.services.product import ROOT, manage, start_product

IMPORTED_AFTER_S = 6
ANSWERED_WITHIN_S = 4

SLOW_IMPORT = f"""
import sys, threading

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "voiceassist.demo.stand_ins.realtime.endpoint":
            threading.Event().wait({IMPORTED_AFTER_S})

sys.meta_path.insert(0, Slow())
"""


def environment(folder: Path, stand_ins_port: int) -> dict[str, str]:
    return {
        "DEMO": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "STAND_INS_PORT": str(stand_ins_port),
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }


async def opened(port: int) -> str:
    """Open a session as the server does and return the first thing said in it."""
    url = f"ws://127.0.0.1:{port}/v1/realtime?model=gpt-realtime"
    headers = {"Authorization": "Bearer demo"}
    async with (
        asyncio.timeout(ANSWERED_WITHIN_S),
        connect(url, additional_headers=headers) as session,
    ):
        return str(await session.recv())


async def test_slow_stand_ins_are_waited_for(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_IMPORT)
    port = free_port()
    env = environment(tmp_path, port) | {"PYTHONPATH": str(tmp_path)}
    manage("migrate", "--verbosity", "0", env=env)
    product = await asyncio.to_thread(start_product, env)
    try:
        assert "session.created" in await opened(port)
    finally:
        await asyncio.to_thread(product.stop)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


def test_a_server_that_is_told_to_stop_while_it_starts_takes_its_stand_ins_with_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_IMPORT)
    env = environment(tmp_path, free_port()) | {"PYTHONPATH": str(tmp_path)}
    manage("migrate", "--verbosity", "0", env=env)
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port())]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env})
    wait_for(lambda: bool(children(server.pid)), seconds=60, what="The stand-ins")
    [child] = children(server.pid)
    server.terminate()
    assert server.wait(60) == 0
    wait_for(lambda: not Path(f"/proc/{child}").exists(), seconds=60, what="Their end")


def test_of_two_stand_ins_on_one_port_one_says_that_it_cannot() -> None:
    command = [sys.executable, "-m", "voiceassist.demo.stand_ins", "--port", str(free_port())]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    try:
        wait_for(lambda: any(each.poll() for each in both), seconds=60, what="One's end")
        [ended] = [each for each in both if each.poll()]
        assert ended.stderr is not None
        assert b"choose another port with --port" in ended.stderr.read()
    finally:
        for each in both:
            each.terminate()
            each.communicate(timeout=60)


async def test_stand_ins_that_cannot_start_keep_nobody_waiting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = environment(tmp_path, taken.getsockname()[1])
        manage("migrate", "--verbosity", "0", env=env)
        product = await asyncio.to_thread(start_product, env)
        advice = "choose another port with --port or STAND_INS_PORT"
        try:
            wait_for(lambda: advice in product.log_text(), seconds=60, what="The advice")
            assert (await asyncio.to_thread(requests.get, product.url, timeout=60)).ok
        finally:
            await asyncio.to_thread(product.stop)
