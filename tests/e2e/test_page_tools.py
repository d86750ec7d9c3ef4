"""The chat page and the tools that it brings."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Route, expect

from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.e2e.test_chat import last_words, open_chat, say
from tests.services.product import Product

pytestmark = OF_THE_DEMO

ASK = """async () => {
  await import("/static/js/elements/approval-card.js");
  const card = document.createElement("approval-card");
  const properties = { order: { type: "string" }, note: { type: "string" } };
  const approval = { id: 1, waitsFor: "user", schema: { properties, required: ["order"] } };
  card.call = { id: "c", name: "cancel", arguments: { order: "1042", note: "" }, approval };
  document.querySelector("main").append(card);
}"""
CLAIMING = """async () => {
  const { held, pending } = await navigator.locks.query();
  return held.length + pending.length > 0;
}"""


async def test_tools_that_exist_are_not_offered_however_many_there_are(
    demo: Product, browser: Browser
) -> None:
    context = await browser.new_context(base_url=demo.url)
    page = await sign_in(context, "builder@example.com")
    sizes: list[int] = []
    read = asyncio.Event()

    async def one_by_one(route: Route) -> None:
        answer = await route.fetch(url=re.sub(r"page_size=\d+", "page_size=1", route.request.url))
        told = await answer.json()
        sizes.append(len(told["tools"]))
        await route.fulfill(response=answer)
        if told["next"] is None:
            read.set()

    await page.route("**/api/v1/tools/frontend?*", one_by_one)
    await page.goto("/assistants/demo/chat")
    async with asyncio.timeout(60):
        await read.wait()
    await page.wait_for_load_state("networkidle")
    assert set(sizes) == {1} and len(sizes) > 1
    await expect(page.get_by_role("button", name="Add the chat's tools")).to_have_count(0)
    await context.close()


async def test_the_result_of_a_tool_that_ran_by_itself_is_sent_until_it_arrives(
    demo: Product, browser: Browser
) -> None:
    context, page = await open_chat(demo, browser)
    lost: list[str] = []

    async def lose_two(route: Route) -> None:
        if len(lost) == 2:
            await route.continue_()
            return
        lost.append(route.request.url)
        await route.abort()

    await page.route("**/continue", lose_two)
    await say(page, "Show me a praying hands emoji")
    await expect(page.locator("run-timeline")).to_contain_text("Success")
    assert len(lost) == 2
    assert await page.locator(".chat > .emoji").count() == 1
    await expect(page.locator("[data-problem]")).to_be_hidden()
    await context.close()


async def test_a_page_takes_over_what_another_one_claimed_and_left(
    demo: Product, browser: Browser
) -> None:
    context, page = await open_chat(demo, browser)
    await page.clock.install()
    claimed = True

    async def claimed_elsewhere(route: Route) -> None:
        if claimed:
            await route.fulfill(json={"claimed": False})
        else:
            await route.continue_()

    await page.route("**/claims", claimed_elsewhere)
    await say(page, "Show me a praying hands emoji")
    await expect(page.locator("run-timeline")).to_contain_text("Waits for you")
    await expect(page.locator("#chat")).to_have_attribute("aria-busy", "false")
    async with asyncio.timeout(60):
        while await page.evaluate(CLAIMING):
            pass
    claimed = False
    await page.clock.fast_forward(31_000)
    await expect(page.locator(".chat > .emoji")).to_have_count(1)
    await expect(page.locator("run-timeline")).to_contain_text("Success")
    await context.close()


async def test_trying_again_keeps_what_was_written_since(demo: Product, browser: Browser) -> None:
    context, page = await open_chat(demo, browser)
    await context.set_offline(True)
    await say(page, "Hello")
    await expect(page.locator("[data-problem]")).to_be_visible()
    await expect(page.get_by_label("Message")).to_have_value("Hello")
    await page.get_by_label("Message").fill("Hello. Where is my order 1042?")
    await context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("[data-messages] > .me")).to_contain_text("Hello")
    await expect(page.get_by_label("Message")).to_have_value("Hello. Where is my order 1042?")
    await context.close()


async def test_a_field_that_is_wrong_takes_no_keys_that_are_meant_for_another(
    demo: Product, browser: Browser
) -> None:
    context, page = await open_chat(demo, browser)
    await page.evaluate(ASK)
    card = page.locator("approval-card")
    await card.get_by_role("button", name="Edit first").click()
    await card.get_by_label("Order").fill("")
    await expect(card.locator("schema-form .error").first).to_have_text("Fill this in.")
    await card.get_by_label("Note").press_sequentially("late")
    await expect(card.get_by_label("Note")).to_have_value("late")
    await card.get_by_role("button", name="Approve").click()
    await expect(card.get_by_label("Order")).to_be_focused()
    await context.close()


async def test_a_page_that_the_browser_keeps_goes_on_when_one_comes_back(
    demo: Product, browser: Browser
) -> None:
    context, page = await open_chat(demo, browser)
    await say(page, "Hello")
    await expect(last_words(page)).not_to_be_empty()
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await say(page, "Hello again")
    await expect(page.locator("[data-messages] > .me")).to_have_count(2)
    await expect(page.locator("[data-messages] > li:not(.me)")).to_have_count(2)
    await context.close()
