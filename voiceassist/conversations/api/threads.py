"""Document 003's routes: conversations that answer with what the page is to do next."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.http.response import HttpResponseBase

from voiceassist.assistants.models import Assistant
from voiceassist.conversations.api import sse
from voiceassist.conversations.api.agents import CHAT, READ, rest
from voiceassist.conversations.api.doors import Asked, door
from voiceassist.conversations.api.paging import page_of
from voiceassist.conversations.api.reading_bodies import client_message_id, objects, text
from voiceassist.conversations.models import AgentRun, Conversation
from voiceassist.conversations.services import (
    answering,
    cancelling,
    pace,
    people,
    reading,
    starting,
)
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.database import threads
from voiceassist.foundation.errors import InvalidInput


async def begin(asked: Asked) -> HttpResponseBase:
    """Begin a conversation with an assistant, or with the agent of a class name."""
    conversation = await threads.run_open(_begin, asked)
    body = await threads.run(reading.detail, conversation)
    return JsonResponse({**body, "conversation_id": conversation.pk}, status=201)


async def listed(asked: Asked) -> HttpResponseBase:
    """List the conversations that one may read, newest first."""
    return JsonResponse(await threads.run(page_of, asked.request, people.readable(asked.who)))


async def one(asked: Asked, conversation_id: str) -> HttpResponseBase:
    """Show a conversation with its messages and calls."""
    conversation = await threads.run(people.find, asked.who, conversation_id)
    return JsonResponse(await threads.run(reading.detail, conversation))


async def send(asked: Asked, conversation_id: str) -> HttpResponseBase:
    """Take a message or results of browser tools; answer once the agent rests."""
    conversation, after, run = await threads.run_open(_take, asked, conversation_id)
    if asked.streams:
        return sse.stream(conversation, after, to_rest=True)
    await rest(conversation, after)
    told = as_document_003(await threads.run(reading.outcome, conversation, run))
    return JsonResponse(told, status=422 if told["type"] == "error" else 200)


async def send_streaming(asked: Asked, conversation_id: str) -> HttpResponseBase:
    """The same as events, whatever the client accepts."""
    conversation, after, _ = await threads.run_open(_take, asked, conversation_id)
    return sse.stream(conversation, after, to_rest=True)


async def cancel(asked: Asked, conversation_id: str) -> HttpResponseBase:
    """Stop the answer under way."""
    conversation = await threads.run(people.find, asked.who, conversation_id)
    await threads.run(cancelling.cancel, conversation)
    return JsonResponse(await threads.run(reading.detail, conversation))


def as_document_003(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome as document 003 has it; `type` says which of its shapes it is."""
    told = {
        "conversation_id": outcome["conversation_id"],
        "message_count": outcome["message_count"],
        "status": outcome["status"],
        "pending_tools": outcome["pending_tools"],
        "thread_id": outcome["thread_id"],
    }
    if outcome["pending_tools"]:
        status = "awaiting_frontend_tool"
        return {
            **told,
            "type": "frontend_tool_request",
            "status": status,
            "tools": outcome["pending_tools"],
        }
    if outcome["status"] == "failed":
        return {**told, "type": "error", "error": outcome["message"], "code": outcome["code"]}
    if outcome["status"] == "running":
        return {**told, "type": "running"}
    return {**told, "type": "completed", "response": outcome.get("text", "")}


def _begin(asked: Asked) -> Conversation:
    body = asked.body
    named, key = body.get("agent_class"), body.get("assistant_id")
    if (named is None) == (key is None):
        raise InvalidInput({"assistant_id": "Name either assistant_id or agent_class."})
    objective = text(body, "objective", default="")
    thread_id = text(body, "thread_id", default="")
    if named is not None:
        name = text(body, "agent_class")
        assistant: Assistant | None = people.assistant_of_class(asked.who, name)
    else:
        name, assistant = "", people.assistant_of(asked.who, str(key))
    return starting.create(
        assistant, asked.who, thread_id=thread_id, objective=objective, agent_class_name=name
    )


def _take(asked: Asked, conversation_id: str) -> tuple[Conversation, int, AgentRun | None]:
    conversation = people.own(asked.who, conversation_id)
    results = objects(asked.body, "tool_results")
    if not results:
        if "message" not in asked.body:
            raise InvalidInput({"message": "Send message, or tool_results."})
        said, own_id = text(asked.body, "message"), client_message_id(asked.body)
        pace.check(asked.who, conversation)
        started = starting.say(conversation, said, client_id=own_id)
        return conversation, started.after, started.run
    after = max(conversation.last_seq, conversation.reserved_seq)
    answers = [_result(index, each) for index, each in enumerate(results)]
    answering.answer(conversation, answers, asked.who)
    return conversation, after, None


def _result(index: int, given: dict[str, Any]) -> BrowserAnswer:
    call_id = given.get("tool_use_id")
    if not isinstance(call_id, str) or not call_id:
        raise InvalidInput({f"tool_results.{index}.tool_use_id": "Name the call you answer."})
    return BrowserAnswer(call_id, given.get("result"), is_error=given.get("is_error") is True)


many_view = door(plain_errors=True, GET=(READ, listed), POST=(CHAT, begin))
one_view = door(plain_errors=True, GET=(READ, one))
send_view = door(plain_errors=True, POST=(CHAT, send))
streaming_view = door(plain_errors=True, POST=(CHAT, send_streaming))
cancel_view = door(plain_errors=True, POST=(READ, cancel))
