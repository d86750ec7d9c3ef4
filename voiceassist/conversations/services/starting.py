"""New conversations and new messages in them; imports models and the tool services."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from tools_library.engine.cleaning import clean_text
from voiceassist.assistants.models import Assistant
from voiceassist.conversations.choices import AgentState, Channel, Role, RunStatus
from voiceassist.conversations.models import AgentRun, Conversation, Message, RunEvent
from voiceassist.conversations.services import (
    closing,
    contexts,
    due,
    events,
    locking,
    python_agents,
    reading,
    rows,
    stepping,
)
from voiceassist.conversations.services.errors import Busy, NotReady, ThreadTaken
from voiceassist.conversations.services.people import Participant
from voiceassist.foundation import written
from voiceassist.foundation.errors import InvalidInput

MESSAGE_MAX = 32_000
OBJECTIVE_MAX = 4_000
CLIENT_ID_MAX = 100
THREAD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
THREAD_ID_RULE = "Begin with a letter or digit; use up to 100 letters, digits and . _ : - signs."
OTHER_WORDS = (
    "Another message of this thread has this id. Give each message an id of its own, the same one "
    "for all tries of it."
)
WENT_ON = "The person wrote something else instead of answering; the call did not take place."


@dataclass(frozen=True)
class Started:
    """A message was taken: the run that answers it, and the number of the event before it."""

    run: AgentRun
    after: int


def create(
    assistant: Assistant | None,
    who: Participant,
    *,
    thread_id: str = "",
    objective: str = "",
    agent_class_name: str = "",
) -> Conversation:
    """Begin a conversation.

    Args:
        assistant: None: `agent_class_name` is a Python agent's.
        thread_id: the client's own name for it; empty: one is made.

    Raises:
        InvalidInput: names each field that must change.
        ThreadTaken: the name is another conversation's.
        NotReady: the assistant was never published, or is switched off.
    """
    if assistant is not None:
        check_ready(assistant)
    errors = {}
    if thread_id and not THREAD_ID.fullmatch(thread_id):
        errors["thread_id"] = THREAD_ID_RULE
    if len(objective) > OBJECTIVE_MAX:
        errors["objective"] = f"Make it shorter: {OBJECTIVE_MAX:,} characters at most."
    if errors:
        raise InvalidInput(errors)
    conversation = Conversation(
        organization_id=who.organization_id,
        assistant=assistant,
        thread_id=thread_id or f"thread_{uuid.uuid4().hex}",
        channel=Channel.CHAT,
        owner=who.user,
        owner_name=who.name[:254],
        end_user=who.end_user,
        api_key=who.api_key,
        objective=clean_text(objective),
        agent_class_name=agent_class_name,
    )
    try:
        with transaction.atomic(savepoint=bool(thread_id)):  # only a client's name may be taken
            written.insert([conversation])
    except IntegrityError:
        raise ThreadTaken(conversation.thread_id) from None
    return conversation


def check_ready(assistant: Assistant) -> None:
    """Refuse an assistant that nobody can talk with.

    Raises:
        NotReady: it was never published, or is switched off.
    """
    if assistant.published_version_id is None:
        raise NotReady(f"{assistant.name} was never published. Publish it in the admin first.")
    if not assistant.is_active:
        raise NotReady(f"{assistant.name} is switched off. Switch it on in the admin first.")


@transaction.atomic
def say(
    conversation: Conversation,
    text: str,
    *,
    client_tools: Sequence[Mapping[str, Any]] = (),
    client_id: str = "",
    context: Any = None,
) -> Started:
    """Take a person's message; the agent's answer begins after the commit.

    Calls that still wait for a person are cancelled: a new message is an answer too.

    Args:
        client_tools: tools of the client's own page: `name`, `description`, `parameters`.
        client_id: what the client calls the message; one that is sent again is not said again.
        context: what the client says of its page and the person: data, which the model reads.

    Raises:
        InvalidInput: the message is empty or too long; the context cannot be taken; another
            message of the conversation has this id.
        Busy: the agent is still answering.
        NotReady: the assistant is gone, or cannot chat any more.
    """
    text, said_besides = _checked(text), contexts.checked(context)
    locked = locking.lock(conversation.pk)
    if client_id and (before := _said_before(locked, client_id, text)) is not None:
        return before
    assistant = _ready(locked)
    after = max(locked.last_seq, locked.reserved_seq)
    _make_room(locked)
    run = _new_run(locked, assistant, client_tools, said_besides)
    message = locking.write(locked, run, Role.USER, text, client_id)
    locked.agent_state, locked.pending_frontend_tools = AgentState.IDLE, []
    told = {"message_id": message.pk, "text": text}
    named = {"client_message_id": client_id} if client_id else {}
    _begin(locked, run, ("user_message", told | named))
    return Started(run, after)


@transaction.atomic
def again(
    conversation: Conversation,
    *,
    client_tools: Sequence[Mapping[str, Any]] = (),
    context: Any = None,
) -> Started | None:
    """Answer what the person said last once more; None where that did not fail.

    Args:
        client_tools: as `say` takes them.
        context: as `say` takes it.

    Raises:
        InvalidInput: the context cannot be taken.
        NotReady: the assistant is gone, or cannot chat any more.
    """
    said_besides = contexts.checked(context)
    locked = locking.lock(conversation.pk)
    last = reading.newest_run(locked)
    if last is None or last.status != RunStatus.FAILED:
        return None
    assistant = _ready(locked)
    after = max(locked.last_seq, locked.reserved_seq)
    run = _new_run(locked, assistant, client_tools, said_besides)
    _begin(locked, run)
    return Started(run, after)


def _said_before(locked: Conversation, client_id: str, text: str) -> Started | None:
    """Return what began with the message of this id; None: there is none yet."""
    known = Message.unscoped.filter(conversation=locked, client_id=client_id, role=Role.USER)
    message = known.select_related("run").first()
    if message is None or message.run is None:
        return None
    if message.text != text:
        raise InvalidInput({"client_message_id": OTHER_WORDS})
    begun = RunEvent.unscoped.filter(
        conversation=locked, type="run_started", data__run_id=str(message.run.run_id)
    )
    seq = begun.values_list("seq", flat=True).first()  # events go after a time
    return Started(message.run, locked.last_seq if seq is None else seq - 1)


def _new_run(
    locked: Conversation,
    assistant: Assistant | None,
    client_tools: Sequence[Mapping[str, Any]],
    context: Any,
) -> AgentRun:
    run = AgentRun(
        organization_id=locked.organization_id,
        conversation=locked,
        assistant_version_id=assistant.published_version_id if assistant else None,
        client_tools=[dict(each) for each in client_tools],
        context=context,
    )
    written.insert([run])
    return run


def _begin(locked: Conversation, run: AgentRun, *said: tuple[str, dict[str, Any]]) -> None:
    about = {"thread_id": locked.thread_id, "run_id": str(run.run_id)}
    events.append(locked, [("run_started", about), *said])
    stepping.reserve(locked)
    locking.save(locked)
    due.announce(run.pk)


def _checked(text: str) -> str:
    text = clean_text(text).strip()
    if not text:
        raise InvalidInput({"message": "Write a message first."})
    if len(text) > MESSAGE_MAX:
        raise InvalidInput({"message": f"Make it shorter: {MESSAGE_MAX:,} characters at most."})
    return text


def _ready(locked: Conversation) -> Assistant | None:
    """Return the assistant that answers; None: a Python agent does."""
    assistant = locked.assistant = rows.assistant_of(locked)
    if assistant is not None:
        check_ready(assistant)
    elif python_agents.find(locked.agent_class_name) is None:
        raise NotReady(
            "Nobody answers in this conversation any more: its assistant was removed, or this "
            "server does not know its Python agent. Begin a new one."
        )
    return assistant


def _make_room(locked: Conversation) -> None:
    run = rows.open_run(locked.pk)
    if run is None:
        return
    if run.status == RunStatus.RUNNING:
        raise Busy("The assistant is still answering. Wait for its answer, or stop it first.")
    closing.cancel_run(locked, run, "abandoned", WENT_ON)
