"""The chat page with the keyboard alone: questions, an edit, a yes that holds, forms, stopping."""

from __future__ import annotations

import re

import requests
from playwright.async_api import Browser, Page, expect

from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.services.product import Product, manage

pytestmark = OF_THE_DEMO

ANSWER = 60_000
NAME_OF_FOCUSED = """() => {
  const { activeElement: it } = document;
  return (it.getAttribute("aria-label") ?? it.labels?.[0]?.innerText ?? it.innerText ?? "").trim();
}"""


async def open_chat(demo: Product, browser: Browser) -> Page:
    context = await browser.new_context(base_url=demo.url)
    page = await sign_in(context)
    await page.goto("/assistants/demo/chat")
    await expect(page.get_by_label("Message")).to_be_focused()
    return page


async def write(page: Page, words: str) -> None:
    """Type into whatever has the focus, instead of what is there."""
    await page.keyboard.press("Control+A")
    await page.keyboard.type(words)


async def say(page: Page, words: str) -> None:
    await expect(page.get_by_label("Message")).to_be_focused()
    await write(page, words)
    await page.keyboard.press("Enter")


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press a key until something of that name has the focus."""
    passed = []
    for _ in range(40):
        await page.keyboard.press(key)
        passed.append(await page.evaluate(NAME_OF_FOCUSED))
        if passed[-1] == name:
            return
    raise AssertionError(f"{key} never comes to {name!r}, only to {passed}")


def last_words(page: Page):
    return page.locator("[data-messages] > li:not(.me):not(.emoji) .bubble").last


def ask_before_booking(demo: Product) -> None:
    """Let the workshop's days be booked after a yes only."""
    key = manage(
        "create_api_key", "--organization", "juniper-cycles", "--role", "admin", env=demo.env
    ).strip()
    tools, headers = f"{demo.url}/api/organization/tools", {"Authorization": f"Bearer {key}"}
    listed = requests.get(tools, headers=headers, timeout=60).json()["results"]
    [booking] = [tool["id"] for tool in listed if tool["name"] == "book_appointment"]
    answer = requests.patch(
        f"{tools}/{booking}", json={"require_confirmation": True}, headers=headers, timeout=60
    )
    assert answer.status_code == 200, answer.text


async def test_a_question_is_edited_and_a_yes_holds_for_the_conversation(
    demo: Product, browser: Browser
) -> None:
    ask_before_booking(demo)
    page = await open_chat(demo, browser)
    card = page.locator("approval-card")
    await say(page, "Please cancel order 1043")
    await expect(card).to_be_visible(timeout=ANSWER)
    await expect(card.locator(".deadline")).to_contain_text("expires in")
    await tab_to(page, "Edit first", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(card.get_by_label("Order id")).to_be_focused()
    await write(page, "1044")
    await expect(card.locator(".diff")).to_contain_text("1044")
    await tab_to(page, "Approve with 1 change")
    await page.keyboard.press("Enter")
    await expect(card).to_have_count(0, timeout=ANSWER)
    await expect(last_words(page)).to_contain_text("Order 1044 is cancelled", timeout=ANSWER)
    await expect(page.locator("run-timeline").last).to_contain_text("order_id: 1043 → 1044")

    await say(page, "Book the workshop for Friday")
    await expect(card).to_be_visible(timeout=ANSWER)
    await tab_to(page, "A yes holds", "Shift+Tab")
    await page.keyboard.press("ArrowDown")
    await expect(card.get_by_label("A yes holds")).to_have_value("conversation")
    await tab_to(page, "Approve")
    await page.keyboard.press("Enter")
    await expect(last_words(page)).to_contain_text("on Friday at ten", timeout=ANSWER)
    await say(page, "Book the workshop for Tuesday")
    await expect(last_words(page)).to_contain_text("on Tuesday at ten", timeout=ANSWER)
    await expect(page.locator("run-timeline").last).to_contain_text("Success")

    await say(page, "Please cancel order 1042")
    await expect(card.get_by_role("button", name="Reject")).to_be_in_viewport(timeout=ANSWER)
    await tab_to(page, "If you reject: why", "Shift+Tab")
    await write(page, "I want it after all")
    await tab_to(page, "Reject")
    await page.keyboard.press("Enter")
    await expect(last_words(page)).to_contain_text("I want it after all", timeout=ANSWER)
    await expect(page.locator("run-timeline").last).to_contain_text("Rejected")
    await page.context.close()


async def test_a_form_tells_errors_and_an_answer_is_stopped(
    demo: Product, browser: Browser
) -> None:
    page = await open_chat(demo, browser)
    await say(page, "Ask me for my e-mail")
    box = page.locator("schema-form input")
    await expect(box).to_be_visible(timeout=ANSWER)
    await tab_to(page, "What is your e-mail address?", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("schema-form .error")).to_have_text("Fill this in.")
    await write(page, "not an address")
    await page.keyboard.press("Enter")
    await expect(box).to_have_attribute("aria-invalid", "true")
    await expect(box).to_have_accessible_description(re.compile("@"))
    await write(page, "kim@example.com")
    await page.keyboard.press("Enter")
    await expect(last_words(page)).to_contain_text("kim@example.com", timeout=ANSWER)

    await say(page, "stand-in:stall Hello")
    await expect(page.get_by_role("button", name="Stop the answer")).to_be_visible(timeout=ANSWER)
    await tab_to(page, "Stop the answer")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Stop the answer")).to_be_hidden(timeout=ANSWER)
    await say(page, "Where is my order 1042?")
    await expect(last_words(page)).to_contain_text("on its way", timeout=ANSWER)
    await page.context.close()
