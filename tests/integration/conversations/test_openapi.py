"""The OpenAPI document knows every route of conversations; its examples are taken."""

import re

import pytest
import requests
from django.urls import resolve

from tests.factories.conversations import give_browser_tool
from tests.factories.organizations import make_key
from voiceassist.conversations import urls
from voiceassist.conversations.api.openapi import OPERATIONS

pytestmark = pytest.mark.embedded
PAGES = {"chat", "chat-choose"}


def test_every_route_and_method_is_in_the_document(client, db):
    told = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    routes, schemas = {}, set(told["components"]["schemas"])
    for path, methods in told["paths"].items():
        if not any("conversations" in each.get("tags", ()) for each in methods.values()):
            continue
        address = re.sub(r"\{\w+\}", "7", path)
        routes[resolve(address).url_name] = set(methods)
        allowed = client.options(address)["Access-Control-Allow-Methods"]
        assert set(methods) == set(allowed.lower().split(", ")) - {"options"}, path
    assert set(routes) == {each.name for each in urls.urlpatterns} - PAGES
    named = set(re.findall(r"#/components/schemas/(\w+)", str(told)))
    assert named <= schemas, named - schemas
    assert "endUserToken" in told["components"]["securitySchemes"]


def _example(path, **changes):
    [one] = [each for each in OPERATIONS if each.path.endswith(path) and each.takes]
    return {**one.example, **changes}


def test_every_example_is_taken_by_its_route(chat):
    give_browser_tool(chat.assistant)
    _, builder = make_key(chat.assistant.organization, "builder")
    root, used = chat.site.url, set()

    def post(address, example, headers=chat.headers):
        answer = requests.post(f"{root}{address}", json=example, headers=headers, timeout=90)
        assert answer.status_code in (200, 201), (address, answer.text)
        used.add(resolve(address).url_name)
        return answer

    agent = f"/api/v1/agents/{chat.slug}"
    thread = post(f"{agent}/messages", _example("{agent_id}/messages")).json()["thread_id"]
    asked = chat.send("Show me a notification", thread_id=thread, stream=False).json()
    call = asked["pending_tools"][0]["tool_call_id"]
    claim = _example("/claims", tool_call_id=call)
    assert post(f"{agent}/threads/{thread}/claims", claim).json() == {"claimed": True}
    answers = _example("/continue", agent_id=chat.slug, thread_id=thread)
    answers["tool_responses"] = [
        {**answers["tool_responses"][0], "tool_call_id": call, "metadata": {"tab": claim["tab"]}}
    ]
    assert post(f"{agent}/continue", answers).json()["status"] == "completed"
    post(f"{agent}/tokens", _example("/tokens"))
    builders = {"Authorization": f"Bearer {builder}"}
    post("/api/v1/tools/frontend", _example("tools/frontend"), builders)
    checked = post("/api/v1/tools/frontend/execute", _example("frontend/execute")).json()
    assert checked["valid"] is True
    assert "RUN_FINISHED" in post(f"/api/v1/agui/{chat.slug}", _example("agui/{agent_id}")).text
    begun = _example("/api/conversations", assistant_id=chat.slug)
    number = post("/api/conversations", begun).json()["id"]
    talk = _example("/api/conversations/{conversation_id}/messages")
    assert post(f"/api/conversations/{number}/messages", talk).json()["type"] == "completed"
    post(f"/conversations/{number}/send_message_streaming", _example("send_message_streaming"))
    ask = {"message": "Show me a notification"}
    asked = requests.post(
        f"{root}/conversations/{number}/send_message", json=ask, headers=chat.headers, timeout=90
    ).json()
    results = _example("send_message")
    results["tool_results"] = [
        {**results["tool_results"][0], "tool_use_id": asked["tools"][0]["id"]}
    ]
    told = post(f"/conversations/{number}/send_message", results).json()
    assert told["type"] == "completed"
    with_examples = {
        resolve(re.sub(r"\{\w+\}", "7", each.path)).url_name for each in OPERATIONS if each.takes
    }
    assert with_examples - used == {"thread-approval"}  # the questions' own tests send it
