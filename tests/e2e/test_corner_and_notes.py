"""The corner of each page and the note form in Chromium: long names, calls that only ring."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from calls.models import Call
from tests.e2e.site import Site, act
from tests.e2e.test_pages_in_a_browser import look, ran, said, speak, tell
from tests.factories.pages import make_assistant, make_call, make_organization, make_user
from voiceassist.organizations.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

DESK = {"width": 1280, "height": 900}
LONG = "somebody.with.a.rather.long.name@mail.example.com"


def furnish(**user: Any) -> tuple[User, Call]:
    """An operator, and a call that rings."""
    north = make_organization("north")
    person = make_user(north, "operator")
    for name, value in user.items():
        setattr(person, name, value)
    person.save()
    assistant = make_assistant(north)
    call = make_call(north, status="ringing", answered_at=None, assistant=assistant)
    return person, call


@pytest.mark.parametrize("name", ["", LONG, "Somebody With A Rather Long Name Of Many Words"])
async def test_a_long_name_stays_on_one_line(site: Site, browser: Browser, name: str) -> None:
    user, _ = await act(furnish, email=LONG, name=name)
    context = await site.open(browser, user, viewport=DESK)
    page = await context.new_page()
    await page.goto("/calls")
    lines = await page.locator(".who > .grow").evaluate(
        """corner => [corner.firstChild, corner.querySelector("small").firstChild].map((words) => {
          const range = document.createRange();
          range.selectNode(words);
          return new Set([...range.getClientRects()].map((box) => box.top)).size;
        })"""
    )
    assert lines == [1, 1]
    inside = await page.locator(".who > button").evaluate(
        """button => button.getBoundingClientRect().right
          <= button.closest("nav").getBoundingClientRect().right"""
    )
    assert inside, "the button to sign out has been pushed out of the menu"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await look(page, f"corner-{len(name)}")
    await context.close()


async def follow(site: Site, browser: Browser) -> tuple[Page, Call]:
    """Return the page of a call that rings, and the call."""
    user, call = await act(furnish)
    context = await site.open(browser, user, viewport=DESK)
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    return page, call


async def test_a_note_can_be_given_only_while_the_call_is_in_progress(
    site: Site, browser: Browser
) -> None:
    page, call = await follow(site, browser)
    note = page.locator("#note-form")
    await expect(note).to_be_hidden()
    await act(tell, call, "call.updated", status="in-progress", answered_at=None)
    await expect(note).to_be_visible()
    await act(tell, call, "call.updated", status="completed", ended_reason="caller_hung_up")
    await expect(note).to_be_hidden()


async def test_a_wait_of_no_length_is_not_shown(site: Site, browser: Browser) -> None:
    page, call = await follow(site, browser)
    for position, wait in enumerate([0, None, 380], start=1):
        await act(said, call, f"i{position}", position, "Words", latency_ms=wait)
    shown = page.locator('[data-row="spoken"] [data-lat]')
    await expect(shown).to_have_text(["", "", "380 ms"])
    await expect(page.locator('[data-fact="first-word"]')).to_have_text("380 ms, typical")


async def test_words_stand_where_they_were_heard_and_not_where_they_were_made(
    site: Site, browser: Browser
) -> None:
    page, call = await follow(site, browser)
    speak(call, "farewell", 1, "Goodbye", at_ms=1_000)
    await expect(page.locator('[data-id="farewell"]')).to_be_visible()
    await act(ran, call, "success", at_ms=2_500)
    rows, ids = page.locator("[data-score] > li"), "rows => rows.map((row) => row.dataset.id)"
    await expect(page.locator('[data-id="e1"]')).to_be_visible()
    assert await rows.evaluate_all(ids) == ["farewell", "e1"]
    await act(said, call, "farewell", 1, "Goodbye and safe riding.", at_ms=3_000)
    await expect(page.locator('[data-id="farewell"] .said')).to_have_text(
        "Goodbye and safe riding."
    )
    assert await rows.evaluate_all(ids) == ["e1", "farewell"]
    await expect(page.locator('[data-id="farewell"] time')).to_have_text("0:03")


async def test_a_toast_that_comes_late_has_its_own_time(site: Site, browser: Browser) -> None:
    user, _ = await act(furnish)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.clock.install()
    await page.goto("/calls")
    await page.evaluate(
        """() => {
          const late = Object.assign(document.createElement("p"), { className: "toast" });
          late.textContent = "Late";
          document.querySelector(".toasts").append(late);
        }"""
    )
    await page.clock.run_for(7_000)
    await expect(page.get_by_text("Late")).to_be_visible()
