"""The pages in Chromium: accessible in both themes and sizes, live, by keyboard, without script."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from calls.models import Call
from calls.services import lifecycle
from calls.views import start as start_view
from tests.e2e.site import Site, act
from tests.factories.pages import (
    PASSWORD,
    make_assistant,
    make_call,
    make_ended_call,
    make_organization,
    make_user,
    run_tool,
    say,
)
from voiceassist.foundation.events import News, emit, publish
from voiceassist.organizations.models import Membership, Organization, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def furnish() -> tuple[Organization, User, Call, Call]:
    """An organization with an operator, a live call and an ended one with everything in it."""
    north = make_organization("north")
    user = make_user(north, "operator")
    assistant = make_assistant(north)
    shared = {"assistant": assistant, "assistant_version": assistant.published_version}
    ended = make_ended_call(north, instruction="Ask for the order.", **shared)
    say(ended, 1, "Hello, this is the front desk. How can I help you?", latency_ms=380)
    say(ended, 2, "Where is my order 1042?", role="caller")
    run_tool(ended)
    say(
        ended, 4, "It ships tomorrow from our store in", status="interrupted", heard_text="It ships"
    )
    say(ended, 5, "", role="caller", status="failed")
    run_tool(ended, "refund", status="error", error_code="bad_status", output_result=None)
    live = make_call(north, from_number="+12025550178", **shared)
    say(live, 1, "Hello, how can I help?", latency_ms=402)
    return north, user, ended, live


async def look(page: Page, name: str) -> None:
    """Keep a picture where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def tell(call: Call, type_: str, **data: Any) -> None:
    """Store and publish an event of the call."""
    emit(call.organization_id, News(lifecycle.topic(call.pk), type_, data))


def speak(call: Call, item: str, position: int, text: str, **data: Any) -> None:
    """Publish words while they are spoken."""
    values = {"role": "assistant", "at_ms": position * 1000, "status": "in_progress"}
    values |= {"item_id": item, "position": position, "text": text, "delta": text} | data
    publish(call.organization_id, lifecycle.topic(call.pk), "transcript.delta", values)


def said(call: Call, item: str, position: int, text: str, **data: Any) -> None:
    """Store and publish an utterance that is over."""
    values = {"role": "assistant", "at_ms": position * 1000, "status": "completed"}
    values |= {"item_id": item, "position": position, "text": text, "heard_text": text}
    tell(call, "transcript.completed", **(values | data))


def ran(call: Call, status: str, **data: Any) -> None:
    """Store and publish how a tool run stands."""
    values = {"execution_id": "e1", "tool_name": "lookup_order", "display_name": "Look up order"}
    values |= {"status": status, "at_ms": 2500, "input_parameters": {"order_id": "1042"}}
    tell(call, "execution.updated", **(values | data))


async def serious_faults(page: Page, **more: Any) -> list[Any]:
    """What Axe finds that keeps somebody from using a page."""
    found = await Axe().run(page, **more)
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in found.response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("size", SIZES)
async def test_every_page_is_accessible_and_fits(site: Site, browser: Browser, size: str) -> None:
    north, user, ended, live = await act(furnish)
    options = {"color_scheme": "dark", "reduced_motion": "reduce", "viewport": SIZES[size]}
    stranger, member = [await site.open(browser, who, **options) for who in (None, user)]
    visits = [(stranger, "/accounts/login/", "sign-in"), (member, "/calls", "calls")]
    visits += [(member, f"/calls/{ended.pk}", "ended"), (member, f"/calls/{live.pk}", "live")]
    visits += [(member, "/calls/new", "start"), (member, "/nowhere", "missing")]
    visits += [(member, "/calls?q=zebra", "empty"), (member, "/organizations/choose", "choose")]
    for context, path, name in visits:
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        await page.goto(path)
        if name == "ended":
            await page.locator("details.run > summary").first.click()
        assert not await serious_faults(page), path
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await look(page, f"{name}-dark-{size}")
        await page.emulate_media(color_scheme="light")  # the same in other colours
        assert not await serious_faults(page, options=OF_COLOURS), path
        assert not errors, (path, errors)
        await look(page, f"{name}-light-{size}")
        await page.close()
    await stranger.close()
    await member.close()


async def test_the_call_page_follows_the_call(site: Site, browser: Browser) -> None:
    _, user, _, call = await act(furnish)
    context = await site.open(browser, user, viewport=SIZES["desk"])
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")

    speak(call, "c", 2, "Where is my")
    caller = page.locator('[data-id="c"]')
    await expect(caller.locator(".said")).to_have_text("Where is my")
    await expect(caller.locator("[data-caret]")).to_be_visible()
    await act(said, call, "c", 2, "Where is my order?", role="caller")
    await expect(caller.locator(".said")).to_have_text("Where is my order?")
    await expect(caller.locator("[data-caret]")).to_be_hidden()
    # A late part of finished words changes nothing any more.
    speak(call, "c", 2, "Where")

    await act(ran, call, "running")
    run = page.locator('[data-id="e1"]')
    await expect(run.locator(".pill")).to_have_text("Running")
    await act(ran, call, "success", duration_ms=402, message="Ships tomorrow")
    await expect(run.locator(".pill")).to_have_text("Success")
    await expect(run.locator("[data-duration]")).to_have_text("402 ms")

    # The answer's words were asked for before the caller spoke again, and arrive after that.
    await act(said, call, "d", 4, "Wait", role="caller", at_ms=5000)
    await act(
        said, call, "b", 3, "It ships tomorrow from", status="interrupted", heard_text="It ships"
    )
    await expect(page.locator('[data-id="b"] .heard-note')).to_have_text(
        "Interrupted: the caller heard 2 of 4 words"
    )
    order = page.locator("[data-score] > li")
    ids = await order.evaluate_all("rows => rows.map((row) => row.dataset.id)")
    assert ids == ["answered", "item_1", "c", "e1", "b", "d"]
    await expect(caller.locator(".said")).to_have_text("Where is my order?")
    await page.get_by_text("Heard", exact=True).click()
    await expect(page.locator('[data-id="b"] .unheard')).to_be_hidden()
    await page.get_by_text("Both", exact=True).click()
    await look(page, "following")
    await context.close()


async def test_levels_the_dialog_and_the_end_of_the_call(site: Site, browser: Browser) -> None:
    _, user, _, call = await act(furnish)
    context = await site.open(browser, user, viewport=SIZES["desk"])
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    levels = {"caller_db": -14.2, "assistant_db": -70, "speaking": "caller"}
    publish(call.organization_id, lifecycle.topic(call.pk), "audio.level", levels)
    await expect(page.locator("[data-speaks]")).to_contain_text("Caller speaks")
    await expect(page.locator('[data-db="caller"]')).to_have_text("−14 dB")

    await page.get_by_role("button", name="End call").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await look(page, "dialog")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="End call").first).to_be_focused()

    over = {"status": "completed", "ended_reason": "caller_hung_up", "duration_ms": 61_000}
    await act(tell, call, "call.updated", **over, ended_detail="", answered_at=None)
    await expect(page.locator("[data-call-pill]")).to_have_text("Completed")
    await expect(page.locator("[data-ending]")).to_have_text("The caller hung up")
    await expect(page.locator("[data-clock]")).to_have_text("1:01")
    await expect(page.get_by_role("button", name="End call")).to_be_hidden()
    await look(page, "followed")
    await context.close()


async def test_rows_stand_in_the_same_order_however_they_arrive(
    site: Site, browser: Browser
) -> None:
    _, user, _, call = await act(furnish)
    chance = random.Random(4)
    news: list[Callable[[], None]] = []

    def write() -> None:
        for position in range(2, 14):
            # Not even the times need to rise with the positions.
            at_ms = position * 1000 + chance.choice([-1500, 0, 700])
            item = say(call, position, f"Sentence {position}", at_ms=at_ms)
            news.append(partial(said, call, item.item_id, position, item.text, at_ms=at_ms))
        for number in range(8):
            at_ms = 1200 + number * 1550
            begin = call.answered_at + dt.timedelta(milliseconds=at_ms)
            run = run_tool(call, f"tool_{number}", started_at=begin)
            values = {"execution_id": str(run.execution_id), "at_ms": at_ms}
            news.append(partial(ran, call, "success", **values))

    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    await act(write)
    chance.shuffle(news)
    for new in news:
        await act(new)
    rows = page.locator("[data-score] > li")
    await expect(rows).to_have_count(22)
    ids = "rows => rows.map((row) => row.dataset.id)"
    as_they_came = await rows.evaluate_all(ids)
    await page.reload()
    assert await rows.evaluate_all(ids) == as_they_came
    await context.close()


async def test_hostile_words_do_nothing_but_show(site: Site, browser: Browser) -> None:
    _, user, _, call = await act(furnish)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    words = (
        "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script> \u202eرحبا 👩‍👩‍👧 "
    )
    words += "é" * 5000
    await act(said, call, "x", 2, words, role="caller")
    await act(ran, call, "error", message=words, output_result={"a": words}, display_name=words)
    await expect(page.locator('[data-id="x"] [data-heard]')).to_have_text(words)
    await expect(page.locator('[data-id="e1"] [data-message]')).to_have_text(words)
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("[data-score] img, [data-score] script").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await context.close()


async def test_a_lost_line_comes_back_and_nothing_is_missing(site: Site, browser: Browser) -> None:
    _, user, _, call = await act(furnish)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    line = page.locator("[data-line-word]")
    await expect(line).to_have_text("Live")
    await act(said, call, "b", 2, "Before")
    await expect(page.locator('[data-id="b"] .said')).to_have_text("Before")
    await asyncio.to_thread(site.stop)
    await expect(line).to_contain_text("reconnecting")
    await act(said, call, "c", 3, "Meanwhile")
    await asyncio.to_thread(site.start)
    await expect(line).to_have_text("Live")
    await act(said, call, "d", 4, "Afterwards")
    await expect(page.locator('[data-id="d"] .said')).to_have_text("Afterwards")
    texts = await page.locator(".said").all_inner_texts()
    assert [text.strip() for text in texts[-3:]] == ["Before", "Meanwhile", "Afterwards"]
    await context.close()


async def test_scrolling_up_stops_the_following(site: Site, browser: Browser) -> None:
    _, user, _, call = await act(furnish)
    context = await site.open(browser, user, viewport={"width": 1280, "height": 500})
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    for position in range(2, 14):
        await act(said, call, f"i{position}", position, f"Sentence {position}")
    await expect(page.locator('[data-id="i13"]')).to_be_in_viewport()
    await page.evaluate("scrollTo(0, 0)")
    await expect(page.locator('[data-id="i13"]')).not_to_be_in_viewport()
    for position in (14, 15):
        await act(said, call, f"i{position}", position, f"Sentence {position}")
    newer = page.get_by_role("button", name="2 new lines")
    assert await page.evaluate("scrollY") == 0
    await newer.click()
    await expect(page.locator('[data-id="i15"]')).to_be_in_viewport()
    await expect(newer).to_be_hidden()
    await context.close()


async def test_the_list_shows_new_live_calls_and_finds_while_typing(
    site: Site, browser: Browser
) -> None:
    north, user, ended, _ = await act(furnish)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto("/calls")
    new = await act(make_call, north, from_number="+12025550166", status="ringing")
    row = page.locator(f"#live-{new.pk}")
    await expect(row).to_have_text("+1 202 555 0166")
    await page.get_by_label("Search calls").type("order 1042")
    await expect(page).to_have_url(re.compile("q=order"))
    await expect(page.locator("#results")).to_contain_text("+1 202 555 0134")
    await page.get_by_label("Search calls").fill("zebra")
    await expect(page.locator("#results")).to_contain_text("Nothing matches “zebra”")
    await expect(page.get_by_label("Search calls")).to_be_focused()
    await context.close()


async def test_a_call_is_started_by_keyboard_alone(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, user, _, _ = await act(furnish)
    asked: list[Any] = []

    def ring(organization: Organization, *arguments: Any) -> Call:
        asked.append(arguments)
        return make_call(organization, status="ringing", direction="outbound", answered_at=None)

    monkeypatch.setattr(start_view, "start_call", ring)
    context = await site.open(browser, None)
    page = await context.new_page()
    await page.goto("/accounts/login/")
    await page.keyboard.type(user.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()

    async def tab_to(focused: str) -> None:
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await page.evaluate("selector => document.activeElement.matches(selector)", focused):
                return
        raise AssertionError(f"{focused} cannot be reached")

    await tab_to("main a.signal")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Start a call")).to_be_visible()
    await tab_to("#userPhone")
    await page.keyboard.type("+1 202 555 0134")
    await tab_to("[name=quick]")
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_label("Instruction")).to_have_value(re.compile("rap battle"))
    await tab_to("main button[type=submit]")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("It rings. Words appear here")).to_be_visible()
    assert asked[0][0] == "+1 202 555 0134"
    assert "rap battle" in asked[0][1]
    await look(page, "ringing")
    await context.close()


async def test_own_words_survive_a_look_at_the_quick_starts(site: Site, browser: Browser) -> None:
    _, user, _, _ = await act(furnish)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto("/calls/new")
    instruction = page.get_by_label("Instruction")
    await instruction.fill("Sing for me")
    await page.get_by_text("Rap battle").click()
    await expect(instruction).to_have_value(re.compile("rap battle"))
    await page.get_by_text("Your own words").click()
    await expect(instruction).to_have_value("Sing for me")
    await context.close()


async def test_reading_works_without_script(site: Site, browser: Browser) -> None:
    north, user, ended, live = await act(furnish)
    other = await act(make_organization, "south")
    await act(Membership.unscoped.create, organization=other, user=user, role="viewer")
    await act(lambda: User.objects.filter(pk=user.pk).update(last_organization=north))
    context = await site.open(browser, user, java_script_enabled=False, viewport=SIZES["phone"])
    page = await context.new_page()
    await page.goto(f"/calls/{ended.pk}")
    await expect(page.get_by_text("Interrupted: the caller heard 2 of 7 words")).to_be_visible()
    await page.locator("details.run > summary").first.click()
    await expect(page.locator("[data-arguments]").first).to_be_visible()
    await page.goto(f"/calls/{live.pk}")
    await expect(page.get_by_text("Hello, how can I help?")).to_be_visible()
    await page.goto("/calls")
    await page.get_by_label("Search calls").fill("1042")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("#results")).to_contain_text("+1 202 555 0134")
    await page.get_by_role("button", name="Menu").click()
    await page.locator("details.org > summary").click()
    await page.get_by_role("button", name="South").click()
    await expect(page.get_by_text("No ended calls yet")).to_be_visible()
    await context.close()
