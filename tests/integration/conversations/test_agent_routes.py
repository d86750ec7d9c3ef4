"""Document 004's routes over real sockets, with the model's stand-in."""

import json

import pytest
import requests
from django.test import Client

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_key, make_member, make_organization
from voiceassist.conversations.api.openapi import add_conversations

pytestmark = [pytest.mark.usefixtures("conversations_db"), pytest.mark.embedded]


def events_of(answer):
    """Return the events of a whole stream."""
    assert answer.headers["Content-Type"] == "text/event-stream"
    text = answer.content.decode()
    assert "\r" not in text
    found = []
    for block in text.strip().split("\n\n"):
        if block.startswith(":"):
            continue
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        data = json.loads(lines["data"])
        assert (int(lines["id"]), lines["event"]) == (data["seq"], data["type"])
        found.append(data)
    return found


def test_a_message_is_answered_as_json_and_as_events(chat):
    answer = chat.send("Hello", stream=False)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "completed" and told["text"] and told["thread_id"]
    events = events_of(chat.send("And again", thread_id=told["thread_id"]))
    assert events[0]["type"] == "run_started" and events[-1]["type"] == "run_finished"
    assert events[0]["thread_id"] == told["thread_id"]
    said = "".join(each["delta"] for each in events if each["type"] == "text_delta")
    assert said and said == next(e for e in events if e["type"] == "message_completed")["text"]


def test_a_browser_tool_is_answered_over_continue(chat):
    events = events_of(chat.send("Show me a notification"))
    start = next(each for each in events if each["type"] == "tool_call_start")
    assert start["tool_call_name"] == "show_notification" and start["external"] is True
    assert json.loads(start["delta"])["type"] == "info"
    assert events[-1]["type"] == "run_paused"
    thread = events[0]["thread_id"]
    answer = chat.post(
        "continue",
        {
            "agent_id": chat.slug,
            "thread_id": thread,
            "tool_responses": [{"tool_call_id": start["tool_call_id"], "result": "shown"}],
        },
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "completed" and told["results"] == {start["tool_call_id"]: "taken"}
    replay = events_of(chat.get(f"threads/{thread}/events", {"Last-Event-ID": str(start["seq"])}))
    assert replay[0]["seq"] > start["seq"] and replay[-1]["type"] == "run_finished"


def test_whoever_asks_for_the_headers_of_events_can_go_on_asking_on_the_same_line(chat):
    thread = events_of(chat.send("Hello"))[0]["thread_id"]
    url = f"{chat.url}/threads/{thread}/events"
    with requests.Session() as line:
        line.headers.update(chat.headers)
        told = line.head(url, params={"follow": "1"}, timeout=90)
        assert (told.status_code, told.headers["Content-Type"]) == (200, "text/event-stream")
        assert events_of(line.get(url, timeout=90))[-1]["type"] == "run_finished"


def test_a_foreign_thread_is_not_there(chat):
    thread = events_of(chat.send("Hello"))[0]["thread_id"]
    _, key = make_key(make_organization())
    answer = requests.get(
        f"{chat.url}/threads/{thread}/events",
        headers={"Authorization": f"Bearer {key}"},
        timeout=90,
    )
    assert answer.status_code == 404
    assert requests.get(f"{chat.url}/threads/{thread}/events", timeout=90).status_code == 401


REGISTRATION = {
    "tool": {
        "name": "show_map",
        "description": "Show a place on the map",
        "input_schema": {
            "type": "object",
            "properties": {
                "place": {"type": "string"},
                "zoom": {"type": "integer", "default": 12, "maximum": 20},
            },
            "required": ["place"],
        },
        "frontend_resolved": True,
        "metadata": {"category": "ui", "requires_user_interaction": True},
    }
}


def test_browser_tools_are_registered_listed_and_checked(chat):
    _, key = make_key(chat.assistant.organization, "builder")
    headers, root = {"Authorization": f"Bearer {key}"}, f"{chat.site.url}/api/v1/tools/frontend"

    def post(body, path=""):
        return requests.post(f"{root}{path}", json=body, headers=headers, timeout=90)

    made = post(REGISTRATION)
    assert made.status_code == 201 and made.json()["tool"]["schema_hash"], made.text
    assert post(REGISTRATION).status_code == 200
    changed = {"tool": {**REGISTRATION["tool"], "description": "Another"}}
    assert post(changed).status_code == 201
    bad = {"tool": {**REGISTRATION["tool"], "input_schema": {"type": "object", "properties": 5}}}
    answer = post(bad)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("tool.input_schema")
    tools = requests.get(f"{root}?agent_id={chat.slug}", headers=headers, timeout=90).json()[
        "tools"
    ]
    assert [tool["name"] for tool in tools] == ["show_map", "show_notification"]
    assert tools[0]["metadata"] == {"category": "ui", "requires_user_interaction": True}
    fits = post({"tool_name": "show_map", "arguments": {"place": "Porto"}}, "/execute").json()
    assert (fits["valid"], fits["arguments"]) == (True, {"place": "Porto", "zoom": 12})
    off = post({"tool_name": "show_map", "arguments": {"zoom": 99, "x": 1}}, "/execute").json()
    assert not off["valid"] and {each["path"] for each in off["errors"]} == {"", "zoom", "x"}
    assert (
        requests.post(root, json=REGISTRATION, headers=chat.headers, timeout=90).status_code == 403
    )


def test_a_session_writes_only_with_its_token():
    organization = make_organization()
    client = Client(enforce_csrf_checks=True)
    signed_in_by = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(make_member(organization, "operator"), backend=signed_in_by)
    body = {"content_type": "application/json", "data": {"message": "Hello"}}
    path = "/api/v1/agents/nobody/messages"
    refused = client.post(path, **body)
    assert refused.status_code == 403 and "X-CSRFToken" in refused.json()["detail"]
    client.get(f"/assistants/{make_assistant(organization).slug}/chat")
    token = client.cookies["csrftoken"].value
    assert client.post(path, **body, headers={"X-CSRFToken": token}).status_code == 404


def test_an_answer_that_failed_is_an_error_of_the_short_routes(chat):
    root, begin = chat.site.url, {"assistant_id": chat.slug}
    begun = requests.post(
        f"{root}/api/conversations", json=begin, headers=chat.headers, timeout=90
    ).json()
    told_of = add_conversations({"paths": {}})["paths"]
    for route in (
        "/api/conversations/{conversation_id}/messages",
        "/conversations/{conversation_id}/send_message",
    ):
        failed = requests.post(
            root + route.format(conversation_id=begun["id"]),
            json={"message": "Hello stand-in:too_many_calls"},
            headers=chat.headers,
            timeout=90,
        )
        told = failed.json()
        assert failed.status_code == 422 and failed.headers["Content-Type"] == "application/json"
        assert (told["type"], told["code"]) == ("error", "model_bad_answer")
        assert told["error"].endswith(".") and told["conversation_id"] == begun["id"]
        described = told_of[route]["post"]["responses"]["422"]["content"]
        assert set(described) == {"application/json", "application/problem+json"}
