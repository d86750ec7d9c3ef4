"""The chat page in the demo as `make run` starts it: its tools, two tabs, reloads, no mouse."""

from __future__ import annotations

import asyncio
import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.services.product import Product

pytestmark = OF_THE_DEMO

ANSWER = 60_000


async def open_chat(
    demo: Product, browser: Browser, **options: object
) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(base_url=demo.url, **options)
    page = await sign_in(context)
    await page.add_init_script("delete Crypto.prototype.randomUUID")  # as a page without https
    await page.goto("/assistants/demo/chat")
    await expect(page.get_by_role("heading", name=re.compile("Chat with"))).to_be_visible()
    return context, page


async def say(page: Page, words: str) -> None:
    box = page.get_by_label("Message")
    await box.fill(words)
    await box.press("Enter")


def last_words(page: Page):
    return page.locator("[data-messages] > li:not(.me):not(.emoji) .bubble").last


async def test_all_the_pages_tools_work_without_a_mouse(demo: Product, browser: Browser) -> None:
    context, page = await open_chat(demo, browser)
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if "Policy" in line.text else None)
    await say(page, "Show me a notification")
    await expect(page.locator(".toast")).to_be_visible(timeout=ANSWER)
    await say(page, "Show me a praying hands emoji")
    await expect(page.locator(".chat > .emoji")).to_contain_text("🙏", timeout=ANSWER)
    await say(page, "Please confirm my booking")
    card = page.locator("tool-inbox section")
    await expect(card).to_be_visible(timeout=ANSWER)
    choice = card.get_by_role("button").first
    picked = (await choice.inner_text()).strip()
    await choice.press("Enter")
    await expect(card).to_have_count(0, timeout=ANSWER)
    await expect(page.locator("run-timeline").last).to_contain_text(picked)
    await say(page, "Ask me for my e-mail")
    box = page.locator("schema-form input")
    await expect(box).to_be_visible(timeout=ANSWER)
    await box.fill("not an address")
    await box.press("Enter")
    await expect(page.locator("schema-form .error")).to_be_visible()
    await box.fill("kim@example.com")
    await box.press("Enter")
    await expect(last_words(page)).to_contain_text("kim@example.com", timeout=ANSWER)
    await say(page, 'Copy "A-2207" to my clipboard')
    copy = page.get_by_role("button", name="Copy")
    await copy.focus()
    await page.keyboard.press("Enter")
    await expect(card).to_have_count(0, timeout=ANSWER)
    assert await page.evaluate("navigator.clipboard.readText()") == "A-2207"
    assert not broken
    found = await Axe().run(page)
    assert not [v["id"] for v in found.response["violations"] if v["impact"] != "minor"]
    await context.close()


async def test_two_tabs_and_a_reload_while_it_waits(demo: Product, browser: Browser) -> None:
    context, page = await open_chat(demo, browser)
    await say(page, "Please confirm my booking")
    await expect(page.locator("tool-inbox section")).to_be_visible(timeout=ANSWER)
    await page.wait_for_url("**thread=*")
    other = await context.new_page()
    await other.goto(page.url)
    await page.reload()
    for each in (page, other):
        await expect(each.locator("tool-inbox section")).to_be_visible(timeout=ANSWER)
    await other.locator("tool-inbox section button").first.click()
    for each in (page, other):
        await expect(each.locator("tool-inbox section")).to_have_count(0, timeout=ANSWER)
    # One of two open pages carries an automatic tool out.
    await say(page, "Show me a praying hands emoji")
    for each in (page, other):
        await expect(each.locator("run-timeline")).to_have_count(2, timeout=ANSWER)
        await expect(each.locator("run-timeline").last).to_contain_text("Success", timeout=ANSWER)
    shown = await page.locator(".emoji").count() + await other.locator(".emoji").count()
    assert shown == 1
    for each in (page, other):
        await expect(each.get_by_role("button", name="Stop")).to_be_hidden()
    async with asyncio.timeout(60):
        while await last_words(page).inner_text() != await last_words(other).inner_text():
            await asyncio.sleep(0.05)
    await context.close()


async def test_a_message_whose_answer_is_lost_on_the_way_is_said_once(
    demo: Product, browser: Browser
) -> None:
    context, page = await open_chat(demo, browser)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/messages", lose, times=1)
    await say(page, "Hello")
    await page.get_by_role("button", name="Try again").click(timeout=ANSWER)
    await expect(last_words(page)).not_to_be_empty(timeout=ANSWER)
    await expect(page.locator("[data-problem]")).to_be_hidden()
    await expect(page.get_by_label("Message")).to_be_empty()
    # By now the page hears of the thread: it sees by itself that the message has arrived.
    await page.route("**/messages", lose, times=1)
    async with page.expect_event("requestfailed", timeout=ANSWER):
        await say(page, "Yes")
    await say(page, "Yes")
    mine = page.locator("[data-messages] > .me .bubble")
    await expect(mine).to_have_text(["Hello", "Yes", "Yes"], timeout=ANSWER)
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden(timeout=ANSWER)
    await expect(page.locator("[data-problem]")).to_be_hidden()
    await context.close()


async def test_an_answer_that_fails_loses_nothing_on_a_phone(
    demo: Product, browser: Browser
) -> None:
    width = 390
    context, page = await open_chat(demo, browser, viewport={"width": width, "height": 800})
    await say(page, "stand-in:server_error")
    await expect(page.locator("[data-problem]")).to_be_visible(timeout=ANSWER)
    await say(page, "Hello again")
    await expect(last_words(page)).not_to_be_empty(timeout=ANSWER)
    await page.goto("/assistants/demo/chat")
    await page.get_by_text("Earlier chats").click()
    earlier = page.locator(".menu-list a").first
    await expect(earlier).to_contain_text("stand-in:server_error")
    place = await earlier.bounding_box()
    assert place is not None and place["x"] >= 0
    await context.set_offline(True)
    words = "Are you there? " + "W" * 200  # a word that is wider than the page
    await say(page, words)
    await expect(page.locator("[data-problem]")).to_be_visible(timeout=ANSWER)
    await expect(page.get_by_label("Message")).to_have_value(words)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
