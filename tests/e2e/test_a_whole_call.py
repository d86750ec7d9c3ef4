"""A simulated call in the demo as `make run` starts it, followed and ended in a browser."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, expect

from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.services.product import Product
from voiceassist.demo.caller import SimulatedCall
from voiceassist.demo.caller.line import Line
from voiceassist.demo.scenario import Listen, Scenario, Speak, Wait

pytestmark = OF_THE_DEMO

IN_NO_HURRY = Scenario(
    name="demo",
    description="stays on the line, and says so before anybody asks",
    caller=(Listen(), *(Wait(ms=4_000), Speak(text="Please wait.")) * 25),
)


def caller(demo: Product, scenario: str | Scenario) -> SimulatedCall:
    return SimulatedCall(
        demo.url,
        "demo-auth-token",
        account_sid="AC" + "0" * 32,
        to="+12025550100",
        from_="+12025550134",
        scenario=scenario,
    )


def says_goodbye_only_after(call: SimulatedCall, seen: asyncio.Event) -> SimulatedCall:
    """Let the caller wait for the page, however long it takes to open."""
    say = call._script._say

    async def say_in_time(text: str, line: Line) -> None:
        if "Goodbye" in text:
            await seen.wait()
        await say(text, line)

    call._script._say = say_in_time  # type: ignore[method-assign]
    return call


async def test_a_call_is_followed_from_its_ring_to_its_end(demo: Product, browser: Browser) -> None:
    page = await sign_in(await browser.new_context(base_url=demo.url))
    seen = asyncio.Event()
    call = says_goodbye_only_after(caller(demo, "demo"), seen)
    calling = asyncio.create_task(call.run())
    # It appears on the list by itself.
    await page.locator("#live-calls td.title a").click()
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    await expect(page.locator("[data-audio]")).to_be_visible()
    words = page.locator(".said")
    await expect(words.nth(0)).to_contain_text("Juniper Cycles")
    await expect(words.nth(1)).to_contain_text("order 1042")
    await expect(page.locator(".tool [data-pill]").first).to_have_text("Success")
    seen.set()
    await expect(page.locator("[data-call-pill]")).to_have_text("Completed")
    await expect(page.locator("[data-ending]")).to_contain_text("Ended by the assistant")
    await asyncio.wait_for(calling, 60)
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
    calling = asyncio.create_task(caller(demo, IN_NO_HURRY).run())
    await page.locator("#live-calls td.title a").click()
    await expect(page.locator(".said").first).to_contain_text("Juniper")
    await page.get_by_role("textbox", name="Note").fill("Offer a free bell.")
    await page.get_by_role("button", name="Give note").click()
    await expect(page.get_by_text("Note given.")).to_be_visible()
    await page.get_by_role("button", name="End call").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="End call").click()
    await expect(page.locator("[data-ending]")).to_have_text(re.compile("Ended by staff"))
    await asyncio.wait_for(calling, 60)
    await page.close()
