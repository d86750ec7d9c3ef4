"""A real browser in front of the whole application, served by uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

if TYPE_CHECKING:
    from tests.e2e.site import Site
    from tests.services.product import Product

# Loaded before Django is set up, so models are imported where they are used.

expect.set_options(timeout=60_000)  # however slow the machine

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All these tests share one loop, since they share one browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless, started once in each process of the run."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The browser; what a test opened in it ends with the test."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The demo with its stand-ins, on a database of its own; one for all of `OF_THE_DEMO`."""
    from tests.e2e.demo import demo_product

    with demo_product(tmp_path_factory.mktemp("demo")) as product:
        yield product


@pytest.fixture
def site(transactional_db: None, free_port: int) -> Iterator[Site]:
    """The application on a free port; `restart` takes it down and up again."""
    from tests.e2e.site import Site

    running = Site(free_port)
    running.start()
    yield running
    running.stop()
