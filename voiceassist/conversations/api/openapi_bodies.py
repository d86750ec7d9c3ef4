"""What conversations take and answer, as OpenAPI 3.1 schemas; imports nothing."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def text(description: str = "", **more: Any) -> Schema:
    """Return the schema of a text."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def many(of: Schema, description: str = "") -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": of, **({"description": description} if description else {})}


def fields(required: str = "", **properties: Schema) -> Schema:
    """Return the schema of an object; `required` names fields with spaces between."""
    shape: Schema = {"type": "object", "properties": properties}
    return {**shape, "required": required.split()} if required else shape


def ref(name: str) -> Schema:
    """Return a reference to a schema of `COMPONENTS`."""
    return {"$ref": f"#/components/schemas/{name}"}


ANY: Schema = {}
OBJECT: Schema = {"type": "object"}
NUMBER: Schema = {"type": "integer"}
YES_OR_NO: Schema = {"type": "boolean"}
OR_NULL = ["string", "null"]
MOMENT = text(format="date-time")

_PART = fields("type text", type=text(enum=["text"]), text=text())
_SAID = fields("parts", role=text(enum=["user"]), parts=many(_PART))
_OWN_ID = text(
    "What the client calls the message, one name for all tries of it: sent again it has no further "
    "effect, and the answer of the first time. It counts within the thread.",
    maxLength=100,
)

COMPONENTS: dict[str, Schema] = {
    "ChatMessage": fields(
        "message",
        message={"oneOf": [text(maxLength=32_000), _SAID]},
        thread_id=text("Of the conversation; without it, a new one begins.", maxLength=100),
        client_message_id=_OWN_ID,
        context=ref("PageContext"),
    ),
    "BrowserAnswers": fields(
        "thread_id tool_responses",
        agent_id=text("As in the address."),
        thread_id=text(),
        tool_responses=many(ref("BrowserAnswer"), "1 to 32 of them."),
        context=ref("PageContext"),
    ),
    "PageContext": {**OBJECT, "description": "What your page says of itself and the person, 8 kB "
                    "at most: the model reads it as data. It is no proof of who asks."},
    "BrowserAnswer": fields(
        "tool_call_id",
        tool_call_id=text(),
        result={"description": '`{"success", "message"?, "data"?}`, text, or any JSON.'},
        is_error=YES_OR_NO,
        metadata=fields(
            user_action=text("`rejected` refuses the call; the model is told so."),
            reason=text("Of a refusal; the model reads it."),
            tab=text("The page that claimed the call."),
        ),
    ),
    "PendingTool": fields(
        id=text(), name=text(), parameters=OBJECT, tool_use_id=text(), tool_name=text(),
        tool_input=OBJECT, input_schema={"type": ["object", "null"]}, tool_call_id=text(),
        message_id=NUMBER,
        expires_at={"type": OR_NULL, "format": "date-time"}, requires_approval=YES_OR_NO,
        approval_id={"type": ["integer", "null"]}, external=YES_OR_NO,
        waits_for=text(enum=["browser", "user", "staff"]),
    ),
    "ChatOutcome": fields(
        "conversation_id thread_id status agent_state message_count pending_tools last_event_id",
        conversation_id=NUMBER, thread_id=text(), run_id={"type": OR_NULL},
        status=text("`running`, `awaiting_frontend_tool`, `awaiting_approval`, `completed`, "
                    "`failed`, `cancelled`, or `idle` before the first message."),
        agent_state=ref("AgentStanding"), message_count=NUMBER,
        pending_tools=many(ref("PendingTool")), last_event_id=NUMBER,
        text=text("What the assistant wrote last."), code=text("Of a failure."),
        message=text("Of a failure, for people."),
        results={"type": "object", "additionalProperties": text(enum=["taken", "replayed"])},
    ),
    "AgentStanding": text(enum=["idle", "awaiting_frontend_tool", "completed"]),
    "Claim": fields("tool_call_id tab", tool_call_id=text(),
                    tab=text("Any name of the page.", maxLength=64)),
    "Claimed": fields("claimed", claimed=YES_OR_NO),
    "Decision": fields(
        "decision",
        decision=text(enum=["approve", "reject", "edit"]),
        arguments=OBJECT,
        reason=text(),
        remember=text(enum=["once", "conversation", "always"], default="once"),
        exact=YES_OR_NO,
    ),
    "TokenWanted": fields(
        "end_user",
        end_user=text("Whom your page serves, such as an id.", maxLength=200),
        seconds={"type": "integer", "minimum": 60, "maximum": 3600, "default": 900},
    ),
    "EndUserToken": fields("token expires_in agent_id", token=text(), expires_in=NUMBER,
                           agent_id=text()),
    "BrowserToolWanted": fields("tool", tool=ref("BrowserToolSpec"), agent_id=text(
        "Only this agent gets it; without it, every agent does.")),
    "BrowserToolSpec": fields(
        "name description input_schema", name=text(), description=text(), input_schema=OBJECT,
        frontend_resolved={"type": "boolean", "const": True}, metadata=OBJECT,
    ),
    "BrowserTools": fields("next previous tools", next={"type": OR_NULL},
                           previous={"type": OR_NULL}, tools=many(OBJECT)),
    "ArgumentsToCheck": fields("tool_name", tool_name=text(), arguments=OBJECT, agent_id=text()),
    "CheckedArguments": fields("valid errors arguments tool_name", valid=YES_OR_NO,
                               errors=many(OBJECT), arguments=OBJECT, tool_name=text()),
    "ConversationWanted": {
        "oneOf": [
            fields("assistant_id", assistant_id={"type": ["integer", "string"]},
                   objective=text(maxLength=4_000), thread_id=text(maxLength=100)),
            fields("agent_class", agent_class=text(), objective=text(maxLength=4_000),
                   thread_id=text(maxLength=100)),
        ]
    },
    "ConversationSummary": fields(
        "id thread_id agent_state pending_frontend_tools", id=NUMBER, thread_id=text(),
        assistant={"type": ["integer", "null"]}, channel=text(enum=["chat", "sms"]),
        objective=text(), agent_state=ref("AgentStanding"), agent_class_name=text(),
        pending_frontend_tools=many(ref("PendingTool")), message_count=NUMBER, owner=text(),
        end_user=text(), created_at=MOMENT, updated_at=MOMENT,
    ),
    "ConversationDetail": {
        "allOf": [
            ref("ConversationSummary"),
            fields("messages pending_tools", last_event_id=NUMBER, messages=many(OBJECT),
                   pending_tools=many(ref("PendingTool")), run_id={"type": OR_NULL},
                   status=text("Of the newest run, as in ChatOutcome."),
                   code=text("Of a failure."), message=text("Of a failure, for people.")),
        ]
    },
    "ConversationPage": fields("next previous results", next={"type": OR_NULL},
                               previous={"type": OR_NULL},
                               results=many(ref("ConversationSummary"))),
    "MessageOrResults": fields(
        message=text(maxLength=32_000),
        client_message_id=_OWN_ID,
        tool_results=many(fields("tool_use_id", tool_use_id=text(), tool_name=text(), result=ANY,
                                 is_error=YES_OR_NO)),
    ),
    "WhatNext": fields(
        "type conversation_id message_count",
        type=text(enum=["frontend_tool_request", "completed", "running", "error"]),
        conversation_id=NUMBER, thread_id=text(), message_count=NUMBER, status=text(),
        response=text("The answer; of `completed`."),
        tools=many(ref("PendingTool"), "Of `frontend_tool_request`."),
        pending_tools=many(ref("PendingTool")), error=text(), code=text(),
    ),
    "AgUiRun": fields(
        "threadId runId", threadId=text(maxLength=100), runId=text(), messages=many(OBJECT),
        tools=many(OBJECT), resume=many(OBJECT), state=ANY, context=ANY, forwardedProps=ANY,
    ),
    "ProblemDetail": fields(
        "type title status detail", type=text(), title=text(), status=NUMBER, detail=text(),
        code=text(), error=text("As `detail`, where document 003's clients read it."),
        errors=many(fields("field message", field=text(), message=text())),
    ),
}  # fmt: skip
