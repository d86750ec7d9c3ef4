"""The demo as `make run` starts it, on a database of its own, and how a browser gets into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.services.ports import free_port
from tests.services.product import Product, manage, start_product

OF_THE_DEMO = [pytest.mark.browser, pytest.mark.xdist_group("demo pages")]
"""One process of the run has all these tests, so that the demo is set up and started once."""


@contextmanager
def demo_product(folder: Path) -> Iterator[Product]:
    """Set the demo up in a folder and serve it, with its stand-ins."""
    env = {
        "DEMO": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "REDIS_URL": "",
        "CELERY_BROKER_URL": "",
        # Named beforehand, since the demo's tools are given this address.
        "STAND_INS_PORT": str(free_port()),
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }
    manage("seed_demo", "--migrate", env=env)
    product = start_product(env)
    yield product
    product.stop()


async def sign_in(context: BrowserContext, email: str = "operator@example.com") -> Page:
    """Return a page of somebody of the demo, who operates it if nobody else is named."""
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto("/accounts/login/")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill("demo-voiceassist")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    return page
