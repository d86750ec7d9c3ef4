"""A thread that was opened before: drawn from its messages, alike with and without its events."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from playwright.async_api import Browser, Page, expect

from tests.e2e.demo import OF_THE_DEMO
from tests.e2e.test_chat import last_words, open_chat, say
from tests.services.product import Product

pytestmark = OF_THE_DEMO

ANSWER = 90_000

BOTH_WAYS = """async (thread) => {
  const { emptyState, reduce, stateOf } = await import("/static/js/conversation-state.js");
  const { readEvents } = await import("/static/js/event-stream.js");
  const fromRows = stateOf(await (await fetch(`/api/conversations/${thread}`)).json());
  const answer = await fetch(`/api/v1/agents/demo/threads/${thread}/events`);
  let fromEvents = emptyState();
  for await (const event of readEvents(answer.body)) fromEvents = reduce(fromEvents, event);
  return [fromRows, fromEvents].map(({ seq, status, runId, error, messages, calls }) => ({
    seq, status, runId, error,
    messages: messages.map(({ id, role, text, calls }) => [role, text, calls]),
    calls: Object.values(calls).map(({ id, name, arguments: given, external, status, expiresAt }) =>
      [id, name, given, external, status, expiresAt]),
  }));
}"""


def forget_events(demo: Product) -> None:
    """Delete all events, as happens to old ones."""
    write(demo, "DELETE FROM conversations_runevent")


def have_said_more_before(demo: Product) -> None:
    """Let the thread be longer than what a page is told."""
    write(demo, "UPDATE conversations_conversation SET message_count = message_count + 7")


def write(demo: Product, statement: str) -> None:
    path = demo.env["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as database, database:
        assert database.execute(statement).rowcount > 0


async def words_on(page: Page) -> list[str]:
    return await page.locator("[data-messages] .bubble").all_inner_texts()


async def test_a_thread_whose_events_are_gone_is_drawn_and_goes_on(
    demo: Product, browser: Browser
) -> None:
    context, page = await open_chat(demo, browser)
    await say(page, "Show me a notification")
    await expect(page.locator("run-timeline").last).to_contain_text("Success", timeout=ANSWER)
    await expect(last_words(page)).not_to_be_empty(timeout=ANSWER)
    await say(page, "Please confirm my booking")
    card = page.locator("tool-inbox section")
    await expect(card).to_be_visible(timeout=ANSWER)
    await page.wait_for_url("**thread=*", timeout=ANSWER)
    thread = page.url.partition("thread=")[2]
    from_rows, from_events = await page.evaluate(BOTH_WAYS, thread)
    assert from_rows == from_events and from_rows["status"] == "paused"
    before = await words_on(page)
    forget_events(demo)
    await page.reload()
    await expect(card).to_be_visible(timeout=ANSWER)
    assert await words_on(page) == before
    await expect(page.locator("run-timeline").first).to_contain_text("Success", timeout=ANSWER)
    await card.get_by_role("button").first.click()
    await expect(card).to_have_count(0, timeout=ANSWER)
    await expect(page.locator("[data-messages] > li:not(.me)")).to_have_count(4, timeout=ANSWER)
    await say(page, "stand-in:no_credit")
    await expect(page.locator("[data-problem]")).to_be_visible(timeout=ANSWER)
    forget_events(demo)
    await page.reload()
    await expect(page.locator("[data-problem]")).to_contain_text("credit", timeout=ANSWER)
    assert "stand-in:no_credit" in await words_on(page)
    earlier = page.locator("[data-earlier]")
    await expect(earlier).to_be_hidden()
    have_said_more_before(demo)
    await page.reload()
    await expect(earlier).to_have_text("7 earlier messages are not shown here.", timeout=ANSWER)
    await context.close()
