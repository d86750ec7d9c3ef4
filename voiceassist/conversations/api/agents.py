"""Document 004's routes: messages, answers of browser tools, events (async views)."""

from __future__ import annotations

import asyncio
from typing import Any

from django.db import transaction
from django.http import JsonResponse
from django.http.response import HttpResponseBase

from tools_library.approvals import answering as approvals
from tools_library.models import Approval
from voiceassist.assistants.models import Assistant
from voiceassist.conversations.api import sse
from voiceassist.conversations.api.doors import Asked, door
from voiceassist.conversations.api.identity import identify_again
from voiceassist.conversations.api.reading_bodies import (
    client_message_id,
    mapping,
    message,
    objects,
    text,
)
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import (
    answering,
    cancelling,
    claiming,
    pace,
    people,
    reading,
    starting,
    tokens,
)
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.errors import NoSuchConversation, ThreadTaken
from voiceassist.conversations.services.following import follow
from voiceassist.conversations.services.people import Participant
from voiceassist.conversations.services.starting import Started
from voiceassist.foundation.api import problems
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Organization

CHAT, READ = "conversations.chat", "conversations.read"
ANSWER_WITHIN_S = 120.0


async def send(asked: Asked, agent_id: str) -> HttpResponseBase:
    """Take a message; answer with the run's events, or once it rests."""
    conversation, started = await threads.run_open(_say, asked, agent_id)
    if asked.streams:
        return sse.stream(conversation, started.after, to_rest=True)
    await rest(conversation, started.after)
    return JsonResponse(await threads.run(reading.outcome, conversation, started.run))


async def continue_run(asked: Asked, agent_id: str) -> HttpResponseBase:
    """Take answers of browser tools; the run goes on once none of its calls is open."""
    conversation, after, taken = await threads.run_open(_answer, asked, agent_id)
    if asked.streams:
        return sse.stream(conversation, after, to_rest=True)
    open_calls = await threads.run(reading.open_calls, conversation)
    if not open_calls:
        await rest(conversation, after)
    outcome = await threads.run(reading.outcome, conversation)
    return JsonResponse({**outcome, "results": taken, "pending": outcome["pending_tools"]})


async def events(asked: Asked, agent_id: str, thread_id: str) -> HttpResponseBase:
    """Replay the events after `Last-Event-ID`; `?follow=1` stays for those to come."""
    conversation = await threads.run(_readable, asked.who, agent_id, thread_id)
    stays = asked.request.GET.get("follow", "") not in ("", "0")

    async def allowed() -> bool:
        return await threads.run(_still, asked, conversation)

    return sse.stream(
        conversation,
        sse.position(asked.request),
        to_rest=not stays,
        allowed=allowed if stays else None,
    )


async def claim(asked: Asked, agent_id: str, thread_id: str) -> HttpResponseBase:
    """Let one page carry an automatic tool out."""
    call_id, tab = text(asked.body, "tool_call_id"), text(asked.body, "tab")
    conversation = await threads.run(_own, asked.who, agent_id, thread_id)
    claimed = await threads.run(claiming.claim, conversation, call_id, tab)
    return JsonResponse({"claimed": claimed})


async def cancel(asked: Asked, agent_id: str, thread_id: str) -> HttpResponseBase:
    """Stop the answer under way."""
    conversation = await threads.run(_readable, asked.who, agent_id, thread_id)
    await threads.run(cancelling.cancel, conversation)
    return JsonResponse(await threads.run(reading.outcome, conversation))


async def decide(asked: Asked, agent_id: str, thread_id: str, approval_id: int) -> HttpResponseBase:
    """Say yes or no to a call of one's own conversation, or edit it first."""
    conversation = await threads.run(_own, asked.who, agent_id, thread_id)
    await threads.run_open(_decide, asked, conversation, int(approval_id))
    return JsonResponse(await threads.run(reading.outcome, conversation))


async def issue_token(asked: Asked, agent_id: str) -> HttpResponseBase:
    """Make a token by which one end user chats from a foreign page."""
    assistant = await threads.run(people.assistant_of, asked.who, agent_id)
    seconds = asked.body.get("seconds", tokens.SECONDS)
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise InvalidInput({"seconds": "Write a whole number."})
    name = asked.body.get("end_user", asked.body.get("user", ""))
    if not isinstance(name, str):
        raise InvalidInput({"end_user": "Write text here."})
    if asked.who.end_user:
        raise InvalidInput({"token": "A token makes no tokens; use an API key on your server."})
    token = tokens.issue(assistant, name, seconds)
    return JsonResponse(
        {"token": token, "expires_in": seconds, "agent_id": assistant.slug}, status=201
    )


async def rest(conversation: Conversation, after: int) -> None:
    """Wait until nothing more comes by itself, two minutes at most."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            async for _ in follow(conversation.pk, after, to_rest=True):
                pass
    except TimeoutError:
        return


def thread_of(who: Participant, agent_id: str, thread_id: str) -> Conversation | None:
    """Return somebody's thread with an agent; None: it has not begun.

    Raises:
        NoSuchConversation: there is no such agent; the thread is another's, or somebody else's.
        PermissionDenied: they may read it, but it is somebody else's.
    """
    return _begun(who, people.assistant_of(who, agent_id), thread_id)


def conversation_for(who: Participant, agent_id: str, thread_id: str) -> Conversation:
    """Return somebody's thread with an agent; it begins with its first message.

    Raises:
        NoSuchConversation, PermissionDenied: as `thread_of`.
        InvalidInput, NotReady: as `starting.create`.
    """
    assistant = people.assistant_of(who, agent_id)
    found = _begun(who, assistant, thread_id)
    if found is not None:
        return found
    try:
        return starting.create(assistant, who, thread_id=thread_id)
    except ThreadTaken:  # by a first message that was a moment earlier
        return _own(who, agent_id, thread_id)


def _begun(who: Participant, assistant: Assistant, thread_id: str) -> Conversation | None:
    if not thread_id:
        return None
    rows = Conversation.objects.of(who.organization_id).filter(thread_id=thread_id)
    if not rows.exists():
        return None
    return people.owned(who, _with(assistant, people.find_thread(who, thread_id)))


@transaction.atomic  # a message that is refused begins no conversation
def _say(asked: Asked, agent_id: str) -> tuple[Conversation, Started]:
    said, thread_id = message(asked.body), text(asked.body, "thread_id", default="")
    context, own_id = mapping(asked.body, "context"), client_message_id(asked.body)
    if own_id and not thread_id:
        raise InvalidInput({"thread_id": "Name the thread too: client_message_id counts in it."})
    conversation = conversation_for(asked.who, agent_id, thread_id)
    pace.check(asked.who, conversation)
    return conversation, starting.say(conversation, said, client_id=own_id, context=context)


def _answer(asked: Asked, agent_id: str) -> tuple[Conversation, int, dict[str, str]]:
    body = asked.body
    named = text(body, "agent_id", default=agent_id)
    assistant = people.assistant_of(asked.who, agent_id)
    if named not in (agent_id, assistant.slug, str(assistant.pk)):
        raise InvalidInput({"agent_id": "The address names another agent."})
    thread_id = text(body, "thread_id")
    conversation = _own(asked.who, agent_id, thread_id)
    answers = [
        _browser_answer(index, each) for index, each in enumerate(objects(body, "tool_responses"))
    ]
    after = max(conversation.last_seq, conversation.reserved_seq)
    context = mapping(body, "context")
    return conversation, after, answering.answer(conversation, answers, asked.who, context=context)


def _browser_answer(index: int, given: dict[str, Any]) -> BrowserAnswer:
    call_id = given.get("tool_call_id")
    if not isinstance(call_id, str) or not call_id:
        raise InvalidInput({f"tool_responses.{index}.tool_call_id": "Name the call you answer."})
    about = mapping(given, "metadata")
    return BrowserAnswer(
        call_id,
        given.get("result"),
        is_error=given.get("is_error") is True,
        user_action=str(about.get("user_action") or ""),
        reason=str(about.get("reason") or ""),
        tab=str(about.get("tab") or ""),
        metadata=about,
    )


def _decide(asked: Asked, conversation: Conversation, approval_id: int) -> None:
    rows = Approval.objects.of(conversation.organization_id).filter(
        pk=approval_id, source_kind="conversation", source_id=str(conversation.pk)
    )
    approval = rows.select_related("execution__definition").first()
    if approval is None:
        raise NoSuchConversation("This conversation has no such question.")
    body = asked.body
    arguments = body.get("arguments")
    exact = body.get("exact")
    given = approvals.Answer(
        text(body, "decision"),
        arguments=mapping(body, "arguments") if arguments is not None else None,
        reason=text(body, "reason", default=""),
        remember=text(body, "remember", default="once"),
        exact=exact if isinstance(exact, bool) else None,
    )
    answering.decide(conversation, approval, given, asked.who)


def _readable(who: Participant, agent_id: str, thread_id: str) -> Conversation:
    found = people.find_thread(who, thread_id)
    return _with(people.assistant_of(who, agent_id), found)


def _still(asked: Asked, conversation: Conversation) -> bool:
    """Return whether whoever reads a conversation may by now: they may have signed out or left."""
    organizations = Organization.objects.filter(pk=conversation.organization_id)
    try:
        slug = organizations.values_list("slug", flat=True).first() or ""
        who = identify_again(asked.request, READ, slug)
        people.find_thread(who, conversation.thread_id)
    except Exception as error:
        if problems.exception_handler(error, {}) is None:
            raise
        return False
    return True


def _own(who: Participant, agent_id: str, thread_id: str) -> Conversation:
    return people.owned(who, _readable(who, agent_id, thread_id))


def _with(assistant: Assistant, found: Conversation) -> Conversation:
    if found.assistant_id != assistant.pk:
        raise NoSuchConversation(f"This agent has no thread {found.thread_id!r}.")
    return found


messages_view = door(POST=(CHAT, send))
continue_view = door(POST=(CHAT, continue_run))
events_view = door(GET=(READ, events))
claims_view = door(POST=(CHAT, claim))
cancel_view = door(POST=(READ, cancel))
decide_view = door(POST=(CHAT, decide))
tokens_view = door(POST=(CHAT, issue_token))
