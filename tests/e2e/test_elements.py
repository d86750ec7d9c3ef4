"""The elements that draw what waits for a person, and what came of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.site import Site, act
from tests.e2e.test_pages_in_a_browser import furnish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

ASK = """async (properties) => {
  await import("/static/js/elements/schema-form.js");
  const form = document.createElement("schema-form");
  form.schema = { properties };
  document.querySelector("main").prepend(form);
}"""
TELL = """async (calls) => {
  await import("/static/js/elements/run-timeline.js");
  const timeline = document.createElement("run-timeline");
  timeline.calls = calls;
  document.querySelector("main").prepend(timeline);
}"""


async def a_page(site: Site, browser: Browser, **window: Any) -> Page:
    _, user, _, _ = await act(furnish)
    page = await (await site.open(browser, user, **window)).new_page()
    await page.goto("/calls/new")
    return page


async def test_a_form_says_how_to_write_what_is_no_text(site: Site, browser: Browser) -> None:
    page = await a_page(site, browser)
    fields = {"urgent": {"type": "boolean"}, "items": {"type": "array"}}
    await page.evaluate(ASK, fields)
    form = page.locator("schema-form")
    await expect(form.locator("label.check")).to_have_text("Urgent")
    await form.get_by_label("Urgent").check()
    items = form.get_by_label("Items")
    await expect(items).to_have_accessible_description('A JSON list, such as ["a", "b"].')
    await items.fill("one, two")
    assert await form.evaluate("(form) => form.read()") is None
    problem = form.locator(".error:visible")
    await expect(problem).to_have_text("This is no valid JSON. Write a JSON list.")
    await items.fill('["one", "two"]')
    assert await form.evaluate("(form) => form.read()") == {
        "urgent": True,
        "items": ["one", "two"],
    }
    await page.context.close()


async def test_a_form_shows_a_value_that_its_control_cannot_hold(
    site: Site, browser: Browser
) -> None:
    page = await a_page(site, browser)
    moment = {"type": "string", "format": "date-time"}
    await page.evaluate(ASK, {"at": moment, "until": moment})
    form = page.locator("schema-form")
    await form.evaluate('(form) => { form.value = { at: "2026-01-02T10:00:00Z" }; }')
    await expect(form.get_by_label("At")).to_have_value("2026-01-02T10:00:00Z")
    await expect(form.get_by_label("Until")).to_have_attribute("type", "datetime-local")
    await form.get_by_label("At").fill("2026-01-02T11:00:00Z")
    assert await form.evaluate("(form) => form.read()") == {"at": "2026-01-02T11:00:00Z"}
    await page.context.close()


async def test_a_run_tells_a_person_nothing_that_is_meant_for_the_model(
    site: Site, browser: Browser
) -> None:
    page = await a_page(site, browser)
    to_the_model = {"success": False, "message": "Not done. Do not try it again; tell the person."}
    refused = {"decision": "rejected", "reason": "It has left the house.", "changes": []}
    edited = {"decision": "approved", "changes": [{"path": "day", "before": None, "after": "Mon"}]}
    call = {"name": "cancel_order", "arguments": {}, "result": to_the_model, "status": "rejected"}
    done = {"status": "succeeded", "result": {"success": True, "message": "Cancelled."}}
    await page.evaluate(
        TELL,
        [
            call | {"id": "1", "approval": refused},
            call | {"id": "2", "approval": refused | {"reason": ""}},
            call | done | {"id": "3", "approval": edited},
        ],
    )
    body = page.locator("run-timeline .run-body")
    await expect(body.nth(0).locator("p")).to_have_text(["Reason: It has left the house."])
    await expect(body.nth(1).locator("p")).to_have_count(0)
    told = ["Changed before it ran: day: nothing → Mon", "Cancelled."]
    await expect(body.nth(2).locator("p")).to_have_text(told)
    await page.context.close()


async def test_nothing_endless_is_cut_off_on_a_phone(site: Site, browser: Browser) -> None:
    page = await a_page(site, browser, viewport={"width": 390, "height": 844})
    call = {"id": "1", "name": "n" * 64, "arguments": {"a": "x" * 300}, "status": "succeeded"}
    await page.evaluate(TELL, [call])
    run = page.locator("run-timeline .run")
    await run.locator("summary").click()
    cut = "(part) => part.scrollWidth > part.clientWidth"
    for part in ("summary", ".run-name", ".code"):
        assert not await run.locator(part).evaluate(cut), part
    beside = await run.locator(".run-name").bounding_box()
    assert beside is not None and beside["width"] > 200
    await page.context.close()
