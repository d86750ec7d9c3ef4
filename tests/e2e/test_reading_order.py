"""What a model wants to run is read in the order in which it runs, also where it can be edited."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.site import Site, act
from tests.e2e.test_pages_in_a_browser import furnish, ran

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

TURNED, AS_IT_RUNS = "\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"
ALL_THAT_TURN = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ASK = """async (file) => {
  await import("/static/js/elements/approval-card.js");
  const card = document.createElement("approval-card");
  card.conversation = { answer: async (id, given) => { window.given = given; } };
  card.call = { id: "c", name: `send_${file}`, arguments: { file, [file]: "x", more: { file } } };
  document.querySelector("main").append(card);
}"""


async def test_arguments_are_read_in_the_order_in_which_they_run(
    site: Site, browser: Browser
) -> None:
    _, user, _, call = await act(furnish)
    context = await site.open(browser, user)
    page = await context.new_page()
    await page.goto(f"/calls/{call.pk}")
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    given = {"a": ALL_THAT_TURN, TURNED: 1}
    await act(
        ran, call, "success", input_parameters=given, output_result=given, display_name=TURNED
    )
    run = page.locator('[data-id="e1"]')
    await expect(run.locator("[data-name]")).to_have_text(AS_IT_RUNS)
    for part in ("arguments", "answer"):
        await expect(run.locator(f"[data-{part}]")).to_contain_text(AS_IT_RUNS)
    live = await run.text_content() or ""

    await page.evaluate(ASK, TURNED)
    card = page.locator("approval-card")
    await expect(card.locator("dd").first).to_have_text(AS_IT_RUNS)
    await card.get_by_role("button", name="Edit first").click()
    field = card.locator("textarea").first
    await expect(field).to_have_value(f'"{AS_IT_RUNS}"')
    await field.fill('"\\u202etxt.exe"')
    await expect(card.locator("ins")).to_have_text(r"\u202etxt.exe")
    shown = await card.text_content() or ""
    assert not set(live + shown) & set(ALL_THAT_TURN)
    await field.fill("txt.exe")
    await card.get_by_role("button", name="Approve").click()
    wrong = card.locator("schema-form .error").first
    await expect(wrong).to_have_text("This is no valid JSON. Write a JSON text, in double quotes.")
    await field.fill('"\\u202etxt.exe"')
    await card.get_by_role("button", name="Approve").click()
    edited = await page.evaluate("window.given.editedArgs")
    assert edited == {"file": "\u202etxt.exe", TURNED: "x", "more": {"file": TURNED}}
    await context.close()
