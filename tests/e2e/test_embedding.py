"""The browser module in a page of another origin, with a short-lived token; the older client."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.async_api import Browser, expect

from tests.e2e.demo import OF_THE_DEMO
from tests.services.product import Product, manage

pytestmark = OF_THE_DEMO

ANSWER = 60_000

PAGE = """<!doctype html><title>A shop</title><ol id="said"></ol><p id="shown"></p>
<script type="module" src="page.js"></script>
"""
CONNECT = """
import {{ connect }} from "{url}/static/js/toolkit.js";
const chat = connect({{ base: "{url}", agent: "demo", token: "{token}" }});
chat.registerTool("show_notification", {{
  auto: true,
  run: ({{ message }}) => {{ document.getElementById("shown").textContent = message; }},
}});
chat.addEventListener("change", () => {{
  const said = chat.state.messages.map(({{ role, text }}) => `${{role}}: ${{text}}`);
  document.getElementById("said").textContent = said.join(" / ");
}});
await chat.send("Show me a notification");
"""
OLDER = """
import {{ AgentClient }} from "{url}/static/js/toolkit.js";
const client = new AgentClient({{ baseUrl: "{url}", apiVersion: "v1", token: "{token}" }});
const response = await client.sendStreamingMessage("demo", {{
  message: {{ role: "user", parts: [{{ type: "text", text: "Show me a notification" }}] }},
}});
response.on("tool_call_start", async (event) => {{
  if (event.tool_call_name !== "show_notification") return;
  const args = JSON.parse(event.delta);
  document.getElementById("shown").textContent = args.message;
  const rest = await client.continueWithToolResponses("demo", {{
    agent_id: "demo",
    thread_id: response.thread_id,
    tool_responses: [{{
      tool_call_id: event.tool_call_id,
      result: "User approved the notification",
      metadata: {{ user_action: "approved", timestamp: new Date().toISOString() }},
    }}],
  }});
  rest.on("text_delta", ({{ delta }}) => {{ document.getElementById("said").append(delta); }});
}});
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Another site: its folder and its origin."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def key(demo: Product) -> str:
    """A key of the organization."""
    return manage("create_api_key", "--organization", "juniper-cycles", env=demo.env).strip()


def token_for(demo: Product, key: str, end_user: str) -> str:
    answer = requests.post(
        f"{demo.url}/api/v1/agents/demo/tokens",
        json={"end_user": end_user},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


@pytest.mark.parametrize("script", [CONNECT, OLDER], ids=["connect", "older_client"])
async def test_a_foreign_page_chats_with_a_token(
    demo: Product, key: str, shop: tuple[Path, str], browser: Browser, script: str
) -> None:
    folder, origin = shop
    token = token_for(demo, key, "customer-17")
    (folder / "page.js").write_text(script.format(url=demo.url, token=token))
    page = await browser.new_page()
    page.set_default_timeout(60_000)
    await page.add_init_script("delete Crypto.prototype.randomUUID")  # as a page without https
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    await page.goto(f"{origin}/index.html")
    await expect(page.locator("#shown")).not_to_be_empty(timeout=ANSWER)
    await expect(page.locator("#said")).to_contain_text("show_notification", timeout=ANSWER)
    assert not broken


def test_a_token_opens_nothing_but_its_own_chats(demo: Product, key: str) -> None:
    headers = {"Authorization": f"Bearer {token_for(demo, key, 'customer-18')}"}
    for path in ("/api/calls", "/api/organization/tools", "/api/v1/agents/recepcion/messages"):
        method = requests.post if path.endswith("messages") else requests.get
        answer = method(f"{demo.url}{path}", headers=headers, timeout=60)
        assert answer.status_code in (400, 401, 403, 404), path
    made = requests.post(
        f"{demo.url}/api/v1/agents/demo/tokens",
        json={"end_user": "x"}, headers=headers, timeout=60,
    )  # fmt: skip
    assert made.status_code == 400
    seen = requests.get(f"{demo.url}/api/conversations", headers=headers, timeout=60)
    assert seen.json()["results"] == []
