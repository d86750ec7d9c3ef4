"""The AG-UI door: one POST per run, answered by a stream of AG-UI events (async view).

Of the client's messages only new ones are taken; history and state are ours.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from django.db import transaction
from django.http import JsonResponse
from django.http.response import HttpResponseBase

from tools_library.approvals import answering as approvals
from tools_library.models import Approval
from voiceassist.conversations.api import agui_input, sse
from voiceassist.conversations.api.agents import CHAT, conversation_for, thread_of
from voiceassist.conversations.api.agui_input import RunInput, id_of, words_of
from voiceassist.conversations.api.doors import Asked, door
from voiceassist.conversations.api.reading_bodies import mapping
from voiceassist.conversations.choices import ProposalStatus, RunStatus
from voiceassist.conversations.loop.agui import CAPABILITIES, Translator, interrupt_id
from voiceassist.conversations.models import AgentRun, Conversation, Message, ToolProposal
from voiceassist.conversations.services import answering, pace, people, reading, starting
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.errors import DELETED, NoSuchConversation, TooFast
from voiceassist.conversations.services.following import follow
from voiceassist.conversations.services.people import Participant
from voiceassist.conversations.services.starting import Started
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

_FIELDS = {"message": "messages", "client_message_id": "messages"}
_HEARTBEAT = b": still here\n\n"
OPEN_INTERRUPTS, UNKNOWN_INTERRUPT = "interrupts_open", "unknown_interrupt"


class Refused(Exception):
    """The run does not begin; the client is told as AG-UI does."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


async def run(asked: Asked, agent_id: str) -> HttpResponseBase:
    """Run the agent on what is new in the client's input."""
    given = agui_input.read(asked.body)
    translator = Translator(given.thread_id, given.run_id, [tool["name"] for tool in given.tools])
    try:
        taken = await threads.run_open(_begin, asked.who, agent_id, given)
    except Refused as refused:
        return sse.answer(_only(translator.failed(refused.code, refused.message), translator))
    except (InvalidInput, NoSuchConversation, TooFast):
        raise
    except VoiceAssistError as error:
        return sse.answer(_only(translator.failed(error.code, error.public_message), translator))
    if taken is None:
        return sse.answer(_only(translator.finished({"type": "success"}), translator))
    return sse.answer(_events(*taken, translator))


async def capabilities(asked: Asked, agent_id: str) -> HttpResponseBase:
    """Tell what this door can do."""
    assistant = await threads.run(people.assistant_of, asked.who, agent_id)
    identity = {"name": assistant.name, "description": assistant.description}
    return JsonResponse({"identity": identity, **CAPABILITIES})


async def _events(
    conversation: Conversation, after: int, translator: Translator
) -> AsyncIterator[bytes]:
    yield _line(translator.started())
    async for frame in follow(conversation.pk, after, to_rest=True):
        if frame is None:
            yield _HEARTBEAT
            continue
        for event in translator.translate(frame):
            yield _line(event)
    for event in await threads.run(_end, conversation, translator):
        yield _line(event)


async def _only(event: dict[str, Any], translator: Translator) -> AsyncIterator[bytes]:
    yield _line(translator.started())
    yield _line(event)


def _line(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _begin(who: Participant, agent_id: str, given: RunInput) -> tuple[Conversation, int] | None:
    """Take the input; None: there is no such thread, and nothing that one could begin with."""
    conversation = thread_of(who, agent_id, given.thread_id)
    if conversation is None:
        return _first(who, agent_id, given) if given.newest() or given.resume else None
    return conversation, _take(conversation, given, who)


@transaction.atomic  # a message that is refused begins no conversation
def _first(who: Participant, agent_id: str, given: RunInput) -> tuple[Conversation, int]:
    conversation = conversation_for(who, agent_id, given.thread_id)
    return conversation, _take(conversation, given, who)


def _take(conversation: Conversation, given: RunInput, who: Participant) -> int:
    """Carry out what is new in the input; return the event after which the answer begins.

    Raises:
        Refused: interrupts are open and not all of them are answered, or it never had such a one.
    """
    conversation.refresh_from_db()
    after = max(conversation.last_seq, conversation.reserved_seq)
    pending = {interrupt_id(call): call for call in reading.open_calls(conversation)}
    _resume(conversation, given, pending, who)
    _answer(conversation, given, who)
    started = _say(conversation, given, who)
    return after if started is None else min(after, started.after)


def _resume(
    conversation: Conversation,
    given: RunInput,
    pending: Mapping[str, dict[str, Any]],
    who: Participant,
) -> None:
    if not given.resume:
        return
    answers = {str(each.get("interruptId")): each for each in given.resume}
    # First, before anything is taken, what was sent twice, comes too late, or is made up.
    for key in [key for key in answers if key not in pending]:
        _decide(conversation, _call_of(conversation, key), answers[key], who)
    if not answers.keys() & pending.keys():
        return
    own = {tool["name"] for tool in given.tools}
    open_ids = {
        key
        for key, call in pending.items()
        if call["waits_for"] != "staff"  # they answer elsewhere
        and (call["requires_approval"] or call["name"] not in own)
    }
    if missing := open_ids - set(answers):
        raise Refused(
            OPEN_INTERRUPTS,
            f"Answer all open interrupts at once; still open: {', '.join(sorted(missing))}.",
        )
    for key, call in pending.items():
        if key in answers:
            _decide(conversation, call, answers[key], who)


def _call_of(conversation: Conversation, key: str) -> dict[str, Any]:
    """Return the call whose interrupt had this id.

    Raises:
        Refused: none had.
    """
    calls = ToolProposal.unscoped.filter(conversation=conversation)
    asked = re.fullmatch("approval-([0-9]{1,18})", key)
    if asked is not None:
        found = calls.filter(execution__approval=int(asked[1])).first()
    else:
        found = (
            calls.exclude(status=ProposalStatus.PENDING_APPROVAL).filter(tool_call_id=key).first()
        )
    if found is None:
        raise Refused(
            UNKNOWN_INTERRUPT,
            f"This thread has no interrupt {key[:100]!r}. Answer those that a run ended with.",
        )
    question = int(asked[1]) if asked is not None else None
    return {"approval_id": question, "tool_call_id": found.tool_call_id}


def _decide(
    conversation: Conversation, call: dict[str, Any], entry: dict[str, Any], who: Participant
) -> None:
    payload, cancelled = entry.get("payload"), entry.get("status") == "cancelled"
    if call["approval_id"] is None:
        action = "cancelled" if cancelled else ""
        one = BrowserAnswer(call["tool_call_id"], payload, user_action=action)
        answering.answer(conversation, [one], who)
        return
    decided = payload if isinstance(payload, dict) else {"approved": payload is True}
    approved = decided.get("approved") is True and not cancelled
    edited = decided.get("editedArgs")
    decision = "reject" if not approved else ("approve" if edited is None else "edit")
    given = approvals.Answer(
        decision,
        arguments=mapping(decided, "editedArgs") if decision == "edit" else None,
        reason=str(decided.get("reason") or "") if not approved else "",
    )
    rows = Approval.objects.of(conversation.organization_id).select_related("execution__definition")
    approval = rows.get(pk=call["approval_id"])
    if not approvals.is_answer_of(approval, given):
        answering.decide(conversation, approval, given, who)


def _answer(conversation: Conversation, given: RunInput, who: Participant) -> None:
    """Take tool messages for calls that wait."""
    waiting = {
        call["tool_call_id"]
        for call in reading.open_calls(conversation)
        if call["waits_for"] == "browser"
    }
    answers = [
        BrowserAnswer(each["toolCallId"], words_of(each), is_error=bool(each.get("error")))
        for each in given.answers(waiting)
    ]
    if answers:
        answering.answer(conversation, answers, who)


def _say(conversation: Conversation, given: RunInput, who: Participant) -> Started | None:
    """Say what the person wrote since the agent's last words and that is not known yet.

    What is known and could not be answered is answered anew.
    """
    written = given.newest()
    ids = [key for each in written if (key := id_of(each))]
    rows = Message.unscoped.filter(conversation=conversation, client_id__in=ids)
    known = set(rows.values_list("client_id", flat=True))
    # Several messages were said as one, under the id of the newest.
    new = list(itertools.takewhile(lambda each: id_of(each) not in known, written))
    if not new and not (written and _failed(reading.newest_run(conversation))):
        return None
    pace.check(who, conversation)
    if not new:
        return starting.again(conversation, client_tools=given.tools, context=given.context)
    words = "\n\n".join(said for each in reversed(new) if (said := words_of(each)).strip())
    try:
        return starting.say(
            conversation,
            words,
            client_tools=given.tools,
            client_id=id_of(new[0]),
            context=given.context,
        )
    except InvalidInput as error:
        raise InvalidInput({_FIELDS.get(k, k): text for k, text in error.errors.items()}) from None


def _failed(run: AgentRun | None) -> bool:
    return run is not None and run.status == RunStatus.FAILED


def _snapshots(conversation: Conversation) -> list[dict[str, Any]]:
    told = reading.detail(Conversation.unscoped.get(pk=conversation.pk))
    messages: list[dict[str, Any]] = []
    for row in told["messages"]:
        said: dict[str, Any] = {"id": str(row["id"]), "role": row["role"], "content": row["text"]}
        if row["tool_calls"]:
            said["toolCalls"] = [_call(each) for each in row["tool_calls"]]
        messages.append(said)
        messages += [_result(each) for each in row["tool_calls"] if each["result"] is not None]
    state = {key: told[key] for key in ("agent_state", "pending_tools")}
    return [
        {"type": "STATE_SNAPSHOT", "snapshot": state},
        {"type": "MESSAGES_SNAPSHOT", "messages": messages},
    ]


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["tool_name"], "arguments": json.dumps(call["arguments"])}
    return {"id": call["tool_call_id"], "type": "function", "function": function}


def _result(call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"result-{call['tool_call_id']}",
        "role": "tool",
        "toolCallId": call["tool_call_id"],
        "content": json.dumps(call["result"], ensure_ascii=False),
    }


def _end(conversation: Conversation, translator: Translator) -> list[dict[str, Any]]:
    """Return the last events of a run, by how the conversation stands."""
    try:
        return _standing(conversation, translator)
    except Conversation.DoesNotExist:
        return [translator.failed(NoSuchConversation.code, DELETED)]


def _standing(conversation: Conversation, translator: Translator) -> list[dict[str, Any]]:
    conversation.refresh_from_db()
    run = reading.newest_run(conversation)
    if run is not None and _failed(run):
        return [translator.failed(run.stop_reason, run.error_message)]
    if run is not None and run.status == RunStatus.CANCELLED:
        return [translator.finished({"type": "cancelled"})]
    paused = translator.pause(reading.open_calls(conversation))
    interrupted = paused[-1]["outcome"]["type"] == "interrupt"
    return [*_snapshots(conversation), *paused] if interrupted else paused


run_view = door(POST=(CHAT, run), GET=(CHAT, capabilities))
