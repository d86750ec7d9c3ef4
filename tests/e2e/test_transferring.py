"""Putting a caller through from the call's page, by keyboard and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from calls.models import Call, Transfer
from calls.services import control
from tests.e2e.site import Site, act
from tests.e2e.test_pages_in_a_browser import SIZES, furnish, look
from voiceassist.assistants.services import drafts, publishing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def with_destinations() -> tuple[Any, Call]:
    """An operator, and a live call whose assistant may put callers through to sales."""
    _, user, _, call = furnish()
    assistant = call.assistant
    settings = {"enabled": True, "transfer_numbers": ["Sales: +1 202 555 0143"]}
    assistant.tools_settings |= {"transfer_call": settings}
    drafts.save(assistant)
    Call.unscoped.filter(pk=call.pk).update(assistant_version=publishing.publish(assistant, None))
    return user, call


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_caller_is_put_through_by_keyboard_alone(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(control, "broadcast", lambda group, message: told.append(message))
    user, call = await act(with_destinations)
    context = await site.open(browser, user, viewport=SIZES[size])
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    opener = page.get_by_role("button", name="Transfer")
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Transfer this call?")
    await expect(dialog).to_be_visible()
    assert await focused(page) == "transfer-to"
    found = await Axe().run(page)
    serious = [v["id"] for v in found.response["violations"] if v["impact"] != "minor"]
    assert not serious

    await dialog.get_by_role("button", name="Transfer").press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("Choose somebody, or write a number.")
    await expect(dialog.get_by_label("To", exact=True)).to_be_focused()
    await look(page, f"transfer-{size}")
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()

    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(dialog.get_by_label("To", exact=True)).to_have_value("Sales")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("the caller is put through to Sales")).to_be_visible()
    assert [each["number"] for each in told if each["action"] == "transfer"] == ["+12025550143"]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await context.close()


async def test_the_page_follows_a_transfer(site: Site, browser: Browser) -> None:
    user, call = await act(with_destinations)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    card = page.get_by_role("status").filter(has_text="Sales")
    await expect(card).to_have_count(0)
    values = {"organization_id": call.organization_id, "call": call, "to_number": "+12025550143"}
    row = await act(Transfer.unscoped.create, **values, name="Sales", status="dialling")
    await expect(card).to_contain_text("Dialling")
    await act(lambda: Transfer.unscoped.filter(pk=row.pk).update(status="no-answer"))
    await expect(card).to_contain_text("No answer")
    await context.close()
