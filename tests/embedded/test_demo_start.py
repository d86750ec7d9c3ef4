"""Once the demo says that it serves, a call finds its model at once, however slow the machine."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from websockets.asyncio.client import connect

from tests.services.ports import free_port, wait_for
from tests.services.product import manage, start_product

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


async def test_stand_ins_that_cannot_start_keep_nobody_waiting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = environment(tmp_path, taken.getsockname()[1])
        manage("migrate", "--verbosity", "0", env=env)
        product = await asyncio.to_thread(start_product, env)
        advice = "choose another port with --port or STAND_INS_PORT"
        try:
            wait_for(lambda: advice in product.log_text(), seconds=30, what="The advice")
        finally:
            await asyncio.to_thread(product.stop)
