"""The async routes of conversations in the OpenAPI document; imports their schemas only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from voiceassist.conversations.api.openapi_bodies import COMPONENTS, ref

_V1, _THREAD = "/api/v1/agents/{agent_id}", "/api/v1/agents/{agent_id}/threads/{thread_id}"
_TALKS = "/api/conversations"
_JSON, _STREAM, _PROBLEM = "application/json", "text/event-stream", "application/problem+json"
_PROBLEMS = {
    "400": "A field must change; `errors` names it. Short routes say 422.",
    "401": "No session, key or token that is good.",
    "403": "Not with this role, or somebody else's conversation.",
    "404": "There is none, or it is somebody else's.",
    "409": "The agent is still answering, or the call has another answer.",
    "410": "The time to answer is over.",
    "429": "Too many messages in a minute; `Retry-After` says when to go on.",
}
_NAMED = {
    "agent_id": "The assistant's slug or id.",
    "thread_id": "The conversation's thread.",
    "approval_id": "The question's number, from `pending_tools`.",
    "conversation_id": "The conversation's number or thread.",
}


@dataclass(frozen=True)
class Operation:
    """One method of one route.

    Args:
        takes, gives: names of schemas; `example` is a body of the first.
        streams: it answers with events; `both`: by what the client accepts.
    """

    method: str
    path: str
    summary: str
    takes: str = ""
    gives: str = ""
    example: dict[str, Any] = field(default_factory=dict)
    status: str = "200"
    streams: str = "no"
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


_AFTER = (("Last-Event-ID", "The last event that the client got."),)
_HELLO = {"message": "Hello"}
_RESULTS = {
    "tool_results": [
        {
            "tool_use_id": "call_1",
            "tool_name": "show_notification",
            "result": {"success": True, "data": {"shown": True}},
        }
    ]
}
_SPEC = {
    "name": "show_map",
    "description": "Show a place on the map.",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
    },
    "frontend_resolved": True,
    "metadata": {"requires_user_interaction": False},
}
_ANSWERS = {
    "agent_id": "front-desk",
    "thread_id": "thread_1",
    "tool_responses": [
        {"tool_call_id": "call_1", "result": {"success": True, "message": "Shown."}}
    ],
}
_AGUI = {
    "threadId": "thread_2",
    "runId": "run_1",
    "messages": [{"id": "m1", "role": "user", "content": "Hello"}],
    "tools": [],
}

OPERATIONS = (
    Operation("post", f"{_V1}/messages", "Send a message to an agent.", "ChatMessage",
              "ChatOutcome", _HELLO, streams="both"),
    Operation("post", f"{_V1}/continue", "Answer calls of browser tools.", "BrowserAnswers",
              "ChatOutcome", _ANSWERS, streams="both"),
    Operation("post", f"{_V1}/tokens", "Make a token for one end user of a foreign page.",
              "TokenWanted", "EndUserToken", {"end_user": "customer-17", "seconds": 900}, "201"),
    Operation("get", f"{_THREAD}/events", "Read a conversation's events, stored and live.",
              streams="yes", headers=_AFTER,
              query=(("after", "As Last-Event-ID."), ("follow", "`1`: stay for new ones."))),
    Operation("post", f"{_THREAD}/claims", "Let one page carry an automatic tool out.", "Claim",
              "Claimed", {"tool_call_id": "call_1", "tab": "page-1"}),
    Operation("post", f"{_THREAD}/cancel", "Stop the answer under way.", gives="ChatOutcome"),
    Operation("post", f"{_THREAD}/approvals/{{approval_id}}/answer",
              "Say yes or no to a call, or edit it first.", "Decision", "ChatOutcome",
              {"decision": "approve"}),
    Operation("get", "/api/v1/tools/frontend", "List browser tools.", gives="BrowserTools",
              query=(("agent_id", "Also this agent's."), ("cursor", "From `next` or `previous`."),
                     ("page_size", "Up to 200."))),
    Operation("post", "/api/v1/tools/frontend", "Register a browser tool, or change it.",
              "BrowserToolWanted", "BrowserToolSpec", {"tool": _SPEC}, "201"),
    Operation("post", "/api/v1/tools/frontend/execute", "Check arguments; nothing is carried out.",
              "ArgumentsToCheck", "CheckedArguments",
              {"tool_name": "show_map", "arguments": {"place": "Porto"}}),
    Operation("get", "/api/v1/agui/{agent_id}", "Read what the AG-UI door can do."),
    Operation("post", "/api/v1/agui/{agent_id}", "Run an agent as AG-UI 1.0 has it.", "AgUiRun",
              example=_AGUI, streams="yes"),
    Operation("get", _TALKS, "List conversations, newest first.", gives="ConversationPage",
              query=(("cursor", "From `next` or `previous`."),)),
    Operation("post", _TALKS, "Begin a conversation.", "ConversationWanted", "ConversationDetail",
              {"assistant_id": "front-desk", "objective": "Help with an order."}, "201"),
    Operation("get", f"{_TALKS}/{{conversation_id}}", "Read a conversation.",
              gives="ConversationDetail"),
    Operation("post", f"{_TALKS}/{{conversation_id}}/messages",
              "Send a message, or results of browser tools.", "MessageOrResults", "WhatNext",
              _HELLO, streams="both"),
    Operation("post", f"{_TALKS}/{{conversation_id}}/cancel", "Stop the answer under way.",
              gives="ConversationDetail"),
    Operation("post", "/conversations/{conversation_id}/send_message",
              "The same as messages, at document 003's address.", "MessageOrResults", "WhatNext",
              _RESULTS, streams="both"),
    Operation("post", "/conversations/{conversation_id}/send_message_streaming",
              "The same, always as events.", "MessageOrResults", example=_HELLO, streams="yes"),
)  # fmt: skip


def add_conversations(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add these routes to the document; a hook of drf-spectacular."""
    for one in OPERATIONS:
        result["paths"].setdefault(one.path, {})[one.method] = _told(one)
    parts = result.setdefault("components", {})
    parts.setdefault("schemas", {}).update(COMPONENTS)
    parts.setdefault("securitySchemes", {})["endUserToken"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "vat_…",
        "description": "A short-lived token of one end user of one assistant, from "
        f"`POST {_V1}/tokens`; for chatting only.",
    }
    return result


def _told(one: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{one.method}{one.path}").strip("_"),
        "summary": one.summary,
        "tags": ["conversations"],
        "parameters": _parameters(one),
        "security": _security(one),
        "responses": {one.status: _answer(one), **_problems(one)},
    }
    if one.takes:
        body = {"schema": ref(one.takes), "examples": {"one": {"value": one.example}}}
        told["requestBody"] = {"required": True, "content": {_JSON: body}}
    return told


def _security(one: Operation) -> list[dict[str, list[str]]]:
    everybody: list[dict[str, list[str]]] = [{"apiKey": []}, {"session": []}]
    by_staff = one.path.endswith("/tokens") or one.takes == "BrowserToolWanted"
    return everybody if by_staff else [*everybody, {"endUserToken": []}]


def _parameters(one: Operation) -> list[dict[str, Any]]:
    string = {"type": "string"}
    inside = [
        {"name": name, "in": "path", "required": True, "schema": string, "description": why}
        for name, why in _NAMED.items()
        if f"{{{name}}}" in one.path
    ]
    places = (("query", one.query), ("header", one.headers))
    return inside + [
        {"name": name, "in": place, "schema": string, "description": why}
        for place, named in places
        for name, why in named
    ]


def _answer(one: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if one.streams != "yes":
        content[_JSON] = {"schema": ref(one.gives) if one.gives else {"type": "object"}}
    if one.streams != "no":
        content[_STREAM] = {"schema": {"type": "string"}}
    return {"description": "Done." if one.status == "200" else "Made.", "content": content}


def _problems(one: Operation) -> dict[str, Any]:
    content = {_PROBLEM: {"schema": ref("ProblemDetail")}}
    short = "conversations" in one.path
    told = {
        ("422" if status == "400" and short else status): {"description": why, "content": content}
        for status, why in _PROBLEMS.items()
    }
    if one.gives == "WhatNext":
        failed = f"{_PROBLEMS['400']} Or the answer failed: `type` is `error`."
        told["422"] = {
            "description": failed,
            "content": {**content, _JSON: {"schema": ref("WhatNext")}},
        }
    return told
