"""A real browser in front of the whole application, served by uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, async_playwright

if TYPE_CHECKING:
    from tests.e2e.site import Site

# Loaded before Django is set up, so models are imported where they are used.

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


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def site(transactional_db: None, free_port: int) -> Iterator[Site]:
    """The application on a free port; `restart` takes it down and up again."""
    from tests.e2e.site import Site

    running = Site(free_port)
    running.start()
    yield running
    running.stop()
