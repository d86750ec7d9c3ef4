"""Tools that a page carries out: stopped from elsewhere, asked about, with wrong arguments."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import requests
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.e2e import test_embedding
from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.services.product import ROOT, Product, manage

pytestmark = OF_THE_DEMO
shop = test_embedding.shop

TALK = """async () => {
  const { AgentClient, connect } = await import("/static/js/toolkit.js");
  const main = document.querySelector("main");
  const show = (text) => {
    const line = main.appendChild(document.createElement("p"));
    line.textContent = text;
  };
  window.talk = connect({ agent: "demo" });
  const whenItRests = ({ detail: { type } }) => type.startsWith("run_") && show(type);
  talk.addEventListener("event", whenItRests);
"""
WAITS = f"""{TALK}
  const run = (_, {{ signal }}) => new Promise((resolve) => {{
    show("The lights go down");
    signal.addEventListener("abort", () => {{
      show("The lights stay up");
      resolve("too late");
    }});
  }});
  talk.registerTool("dim_lights", {{ auto: true, run }});
  await talk.send("call dim_lights {{}}");
  return talk.threadId;
}}"""
PARTICULAR = f"""{TALK}
  const properties = {{ place: {{ type: "string" }}, zoom: {{ type: "integer" }} }};
  const schema = {{ properties, required: ["place"] }};
  talk.registerTool("point_at", {{ auto: true, schema, run: () => show("It ran") }});
  await talk.send('call point_at {{"zoom": "near"}}');
  return talk.threadId;
}}"""
CANCEL = """async (thread) => {
  const token = document.cookie.match(/csrftoken=([^;]*)/)[1];
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const cancelled = `/api/v1/agents/demo/threads/${thread}/cancel`;
  return (await fetch(cancelled, { method: "POST", headers, body: "{}" })).status;
}"""
TOLD = """async (thread) => {
  const { readEvents } = await import("/static/js/event-stream.js");
  const told = [];
  const { body } = await fetch(`/api/v1/agents/demo/threads/${thread}/events`);
  for await (const event of readEvents(body)) {
    const { tool_call_id: id, type, status, message } = event;
    if (id && type !== "tool_call_start") told.push([type, status, message]);
  }
  return told;
}"""
# Document 004's example, with names of its own.
DOCUMENTED = f"""{TALK}
  const client = new AgentClient({{ baseUrl: location.origin, apiVersion: "v1" }});
  const registration = await client.registerFrontendTool({{
    tool: {{
      name: "show_banner",
      description: "Show a banner to the user",
      input_schema: {{
        type: "object",
        properties: {{
          message: {{ type: "string" }},
          type: {{ type: "string", enum: ["info", "warning", "error"] }},
        }},
        required: ["message"],
      }},
      frontend_resolved: true,
    }},
  }});
  const response = await client.sendStreamingMessage("demo", {{
    message: {{
      role: "user",
      parts: [{{ type: "text", text: 'call show_banner message="Sale"' }}],
    }},
  }});
  response.on("tool_call_start", async (event) => {{
    if (event.tool_call_name !== "show_banner") return;
    show(`Banner: ${{JSON.parse(event.delta).message}}`);
    const rest = await client.continueWithToolResponses("demo", {{
      agent_id: "demo",
      thread_id: response.thread_id,
      tool_responses: [{{
        tool_call_id: event.tool_call_id,
        result: "Seen by the person",
        metadata: {{ user_action: "approved", timestamp: new Date().toISOString() }},
      }}],
    }});
    rest.on("run_finished", ({{ status }}) => show(`It is ${{status}}`));
  }});
  return registration;
}}"""


@pytest.fixture(scope="module")
def key(demo: Product) -> str:
    """An admin's key."""
    given = ("create_api_key", "--organization", "juniper-cycles", "--role", "admin")
    return manage(*given, env=demo.env).strip()


def register(
    demo: Product, key: str, name: str, properties: dict[str, object], **more: object
) -> None:
    """Give the organization's assistants a browser tool."""
    tool = {
        "name": name,
        "description": f"Does {name} in the person's browser.",
        "input_schema": {"type": "object", "properties": properties},
        "frontend_resolved": True,
        **more,
    }
    answer = requests.post(
        f"{demo.url}/api/v1/tools/frontend",
        json={"tool": tool},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert answer.status_code in (200, 201), answer.text


async def open_page(demo: Product, browser: Browser) -> Page:
    page = await sign_in(await browser.new_context(base_url=demo.url))
    await page.goto("/assistants/demo/chat")
    return page


async def say(page: Page, words: str) -> None:
    await page.get_by_label("Message").fill(words)
    await page.get_by_label("Message").press("Enter")


async def is_for_everybody(page: Page) -> None:
    """Nothing on the page keeps somebody out: in the light, and in the dark on a phone."""
    for scheme, width in (("light", 1280), ("dark", 390)):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size({"width": width, "height": 844})
        found = await Axe().run(page)
        faults = [each for each in found.response["violations"] if each["impact"] != "minor"]
        assert not [(each["id"], each["nodes"][0]["html"][:200]) for each in faults], scheme
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


async def test_a_tool_that_runs_is_told_when_the_answer_is_stopped_elsewhere(
    demo: Product, key: str, browser: Browser
) -> None:
    register(demo, key, "dim_lights", {})
    page = await open_page(demo, browser)
    answers: list[str] = []
    page.on("request", lambda sent: answers.append(sent.url) if "continue" in sent.url else None)
    thread = await page.evaluate(WAITS)
    await expect(page.get_by_text("The lights go down")).to_be_visible()
    await expect(page.get_by_text("run_paused")).to_be_visible()
    other = await page.context.new_page()
    await other.goto("/assistants/demo/chat")
    assert await other.evaluate(CANCEL, thread) == 200
    await expect(page.get_by_text("The lights stay up")).to_have_count(1)
    # What the tool gave afterwards is nobody's answer any more.
    await page.evaluate("talk.send('Hello')")
    await expect(page.get_by_text("run_finished")).to_have_count(2)
    [[kind, status, _]] = await page.evaluate(TOLD, thread)
    assert (kind, status) == ("tool_call_resolved", "cancelled")
    assert not answers
    await page.context.close()


PRICE = {
    "amount": {"type": "number", "minimum": 1},
    "note": {"type": ["string", "null"]},
    "comment": {"type": "string"},
    "rush": {"type": "boolean", "description": "Before all others."},
}


async def test_a_question_is_edited_by_its_tools_schema_and_keeps_what_nobody_touched(
    demo: Product, key: str, browser: Browser
) -> None:
    register(demo, key, "quote_sum", PRICE, requires_approval=True)
    page = await open_page(demo, browser)
    await say(page, 'call quote_sum {"amount": 100, "note": null, "comment": ""}')
    card = page.locator("approval-card")
    await expect(card).to_be_visible()
    await is_for_everybody(page)
    await card.get_by_role("button", name="Edit first").click()
    await is_for_everybody(page)
    yes = card.get_by_role("button", name="Approve")
    await card.get_by_label("Amount").fill("99.5")
    await expect(yes).to_have_text("Approve with 1 change")
    await card.get_by_label("Amount").fill("0")
    await yes.click()
    await expect(card.locator(".error:visible")).to_have_text("Write 1 or more.")
    await card.get_by_label("Amount").fill("100")
    await expect(yes).to_have_text("Approve")
    await expect(card.locator(".diff")).to_be_hidden()
    await card.get_by_label("Amount").fill("99.5")
    await page.route("**/approvals/**", lambda route: route.abort())
    await yes.click()
    await expect(card.get_by_role("alert")).not_to_be_empty()
    await expect(card.get_by_label("Amount")).to_have_value("99.5")  # nothing is lost
    await page.unroute("**/approvals/**")
    await yes.click()
    inbox = page.locator("tool-inbox section")
    await expect(inbox).to_contain_text("This page has no such tool.")
    given = json.loads(await inbox.locator("pre").inner_text())
    assert given == {"amount": 99.5, "note": None, "comment": ""}
    await is_for_everybody(page)
    await page.context.close()


async def test_a_call_that_does_not_fit_the_pages_schema_is_answered_without_running(
    demo: Product, key: str, browser: Browser
) -> None:
    register(demo, key, "point_at", {"place": {}, "zoom": {}})
    page = await open_page(demo, browser)
    thread = await page.evaluate(PARTICULAR)
    await expect(page.get_by_text("run_finished")).to_be_visible()
    [[kind, status, message]] = await page.evaluate(TOLD, thread)
    assert (kind, status) == ("tool_call_resolved", "failed")
    assert "`place` is required." in message
    assert '`zoom` must be of type integer, not "near".' in message
    await expect(page.get_by_text("It ran")).to_have_count(0)
    await page.context.close()


def take_away(demo: Product, key: str, name: str) -> None:
    tools, headers = f"{demo.url}/api/organization/tools", {"Authorization": f"Bearer {key}"}
    listed = requests.get(f"{tools}?page_size=100", headers=headers, timeout=60).json()["results"]
    [found] = [tool["id"] for tool in listed if tool["name"] == name]
    assert requests.delete(f"{tools}/{found}", headers=headers, timeout=60).status_code == 204


async def test_who_may_build_registers_tools_from_a_page(
    demo: Product, key: str, browser: Browser
) -> None:
    take_away(demo, key, "show_emoji")
    page = await (await browser.new_context(base_url=demo.url)).new_page()
    page.set_default_timeout(60_000)
    await page.goto("/accounts/login/?next=/assistants/demo/chat")
    await page.get_by_label("E-mail").fill("admin@example.com")
    await page.get_by_label("Password").fill("demo-voiceassist")
    await page.get_by_role("button", name="Sign in").click()
    add = page.get_by_role("button", name="Add the chat's tools")
    await add.click()
    await expect(add).to_be_hidden()
    await say(page, "Show me a praying hands emoji")
    await expect(page.locator(".chat > .emoji")).to_contain_text("🙏")
    registered = await page.evaluate(DOCUMENTED)
    assert registered["tool"]["name"] == "show_banner"
    await expect(page.get_by_text("Banner: Sale")).to_be_visible()
    await expect(page.get_by_text("It is completed")).to_be_visible()
    await page.context.close()


def follow_the_guide(demo: Product, key: str, folder: Path) -> None:
    """Copy the files that the guide names, and the page that it shows."""
    guide = (ROOT / "docs" / "embedding.md").read_text()
    guide = guide[guide.index("## Elements") :]
    table = guide[: guide.index("| element |")]
    for name in re.findall(r"`static/([^`]+)`", table):
        (folder / "voice" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "static" / name, folder / "voice" / name)
    [page] = re.findall(r"```html\n(.*?)```", guide, re.DOTALL)
    page = page.replace("https://voice.example.com", demo.url).replace("front-desk", "demo")
    (folder / "index.html").write_text(page)
    token = test_embedding.token_for(demo, key, "customer-19")
    (folder / "chat-token").write_text(json.dumps({"token": token}))


async def test_the_guides_page_asks_by_the_elements_that_it_copies(
    demo: Product, key: str, shop: tuple[Path, str], browser: Browser
) -> None:
    folder, origin = shop
    follow_the_guide(demo, key, folder)
    page = await browser.new_page()
    page.set_default_timeout(60_000)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("response", lambda got: broken.append(got.url) if got.status == 404 else None)
    await page.goto(f"{origin}/index.html")
    await page.get_by_role("button", name="Cancel it").click()
    await expect(page.locator("schema-form .error")).to_have_text("Fill this in.")
    await page.get_by_label("Order number").fill("1043")
    await page.get_by_role("button", name="Cancel it").click()
    await page.locator("approval-card").get_by_role("button", name="Approve").click()
    await expect(page.locator("run-timeline .pill").last).to_have_text("Success")
    await expect(page.locator("tool-inbox")).to_be_hidden()
    assert [each for each in broken if not each.endswith("favicon.ico")] == []
    await page.close()
