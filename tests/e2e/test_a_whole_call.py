"""A simulated call in the demo as `make run` starts it, followed and ended in a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.demo import demo_product, sign_in
from tests.services.product import Product
from voiceassist.demo.caller import SimulatedCall

pytestmark = pytest.mark.browser

ANSWER = 15_000


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Product]:
    """The demo with its stand-ins, on a database of its own."""
    with demo_product(tmp_path) as product:
        yield product


def caller(demo: Product, scenario: str) -> SimulatedCall:
    return SimulatedCall(
        demo.url,
        "demo-auth-token",
        account_sid="AC" + "0" * 32,
        to="+12025550100",
        from_="+12025550134",
        scenario=scenario,
    )


async def test_a_call_is_followed_from_its_ring_to_its_end(demo: Product, browser: Browser) -> None:
    page = await sign_in(await browser.new_context(base_url=demo.url))
    calling = asyncio.create_task(caller(demo, "demo").run())
    # It appears on the list by itself.
    await page.locator("#live-calls td.title a").click(timeout=ANSWER)
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    await expect(page.locator("[data-audio]")).to_be_visible(timeout=ANSWER)
    words = page.locator(".said")
    await expect(words.nth(0)).to_contain_text("Juniper Cycles", timeout=ANSWER)
    await expect(words.nth(1)).to_contain_text("order 1042", timeout=ANSWER)
    await expect(page.locator(".tool [data-pill]").first).to_have_text("Success", timeout=ANSWER)
    await expect(page.locator("[data-call-pill]")).to_have_text("Completed", timeout=30_000)
    await expect(page.locator("[data-ending]")).to_contain_text("Ended by the assistant")
    await asyncio.wait_for(calling, 10)
    # What came live is what is kept.
    ids = "rows => rows.map((row) => row.dataset.id)"
    rows = page.locator("[data-score] > li")
    live = await rows.evaluate_all(ids)
    texts = await words.all_inner_texts()
    await page.reload()
    assert await rows.evaluate_all(ids) == live
    assert await words.all_inner_texts() == texts
    await page.close()


async def test_staff_ends_a_call_from_the_page(demo: Product, browser: Browser) -> None:
    page = await sign_in(await browser.new_context(base_url=demo.url))
    calling = asyncio.create_task(caller(demo, "silent_caller").run())
    await page.locator("#live-calls td.title a").click(timeout=ANSWER)
    await expect(page.locator(".said").first).to_contain_text("Juniper", timeout=ANSWER)
    await page.get_by_role("textbox", name="Note").fill("Offer a free bell.")
    await page.get_by_role("button", name="Give note").click()
    await expect(page.get_by_text("Note given.")).to_be_visible()
    await page.get_by_role("button", name="End call").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="End call").click()
    await expect(page.locator("[data-ending]")).to_have_text(
        re.compile("Ended by staff"), timeout=30_000
    )
    await asyncio.wait_for(calling, 10)
    await page.close()
