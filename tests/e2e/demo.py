"""The demo as `make run` starts it, on a database of its own, and how a browser gets into it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from tests.services.ports import free_port
from tests.services.product import Product, manage, start_product


@cache
def _prepared() -> tuple[Path, str]:
    """Set the demo up once for all tests of this process: its database, and the stand-ins' port."""
    folder = tempfile.TemporaryDirectory(prefix="voiceassist-demo-")
    atexit.register(folder.cleanup)
    database, port = Path(folder.name) / "demo.sqlite3", str(free_port())
    env = _environment(database, port)
    manage("migrate", "--verbosity", "0", env=env)
    manage("seed_demo", env=env)
    return database, port


def _environment(database: Path, stand_ins_port: str) -> dict[str, str]:
    return {
        "DEMO": "1",
        "DATABASE_URL": f"sqlite:///{database}",
        "REDIS_URL": "",
        "CELERY_BROKER_URL": "",
        # Named beforehand, since the demo's tools are given this address.
        "STAND_INS_PORT": stand_ins_port,
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }


@contextmanager
def demo_product(folder: Path) -> Iterator[Product]:
    """Serve a copy of the demo from a folder, with its stand-ins."""
    prepared, port = _prepared()
    for each in prepared.parent.glob(f"{prepared.name}*"):  # what is still in the write-ahead log
        shutil.copy(each, folder / each.name)
    product = start_product(_environment(folder / prepared.name, port))
    yield product
    product.stop()


async def sign_in(context: BrowserContext) -> Page:
    """Return a page of somebody of the demo who operates it."""
    page = await context.new_page()
    await page.goto("/accounts/login/")
    await page.get_by_label("E-mail").fill("operator@example.com")
    await page.get_by_label("Password").fill("demo-voiceassist")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    return page
