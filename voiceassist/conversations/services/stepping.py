"""One step of the model: what it reads, and what it said once it has ended; imports models."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from tools_library.engine.cleaning import clean_text
from tools_library.services.catalog import CatalogTool
from tools_library.services.origins import Origin
from voiceassist.assistants.prompts import chat_instructions
from voiceassist.conversations.choices import Phase, ProposalStatus, Role, RunsAt, RunStatus
from voiceassist.conversations.loop.history import messages
from voiceassist.conversations.loop.steps import MOST_CALLS
from voiceassist.conversations.models import AgentRun, Conversation, Message, ToolProposal
from voiceassist.conversations.services import (
    closing,
    contexts,
    events,
    leases,
    locking,
    python_agents,
    results,
    rows,
    toolbox,
    turns,
)
from voiceassist.conversations.services.events import Pieces
from voiceassist.conversations.services.pending import arguments_of
from voiceassist.foundation.providers.chat import AssembledToolCall, ChatRequest, Finished

RESERVED = 100_000
"""Numbers that a step has for its events before anybody else's."""

TOO_MANY_CALLS = (
    f"Too many calls at once: at most {MOST_CALLS} are carried out, and this one was not. Ask "
    "again for what is still needed."
)
EMPTY = "The language model gave no answer. Try again, or say it differently."


@dataclass(frozen=True)
class StepPlan:
    """A step that this process drives.

    `first_seq` is the number of its first event.
    """

    run_id: int
    conversation: Conversation
    claimant: str
    step: int
    request: ChatRequest
    tools: tuple[CatalogTool, ...]
    first_seq: int


def reserve(locked: Conversation) -> None:
    """Reserve the numbers of the step that comes next."""
    locked.reserved_seq = locked.last_seq + RESERVED


def begin(run_pk: int, claimant: str) -> StepPlan | None:
    """Claim a run's step and read what its model needs; None where it is not to be had."""
    if not leases.claim(run_pk, claimant) and not _take_over(run_pk, claimant):
        return None
    run = rows.run_for_step(run_pk)
    conversation = run.conversation
    tools = toolbox.tools_of(run, conversation)
    request = ChatRequest(
        model=settings.OPENAI_CHAT_MODEL,
        messages=messages(_instructions(run, conversation), turns.newest(conversation)),
        tools=toolbox.definitions(tools),
        key=f"{run.run_id}:{run.step}",
    )
    return StepPlan(
        run_id=run.pk,
        conversation=conversation,
        claimant=claimant,
        step=run.step,
        request=request,
        tools=tuple(tools),
        first_seq=conversation.reserved_seq - RESERVED + 1,
    )


def finish(plan: StepPlan, finished: Finished, last_seq: int, unstored: Pieces) -> bool:
    """Store what the model said; return whether it calls tools, whose runs are to be begun.

    Args:
        last_seq: of the last piece of text that was shown.
        unstored: what was shown and is not in the database yet.
    """
    mine = _mine(plan, unstored)
    if mine is None:
        return False
    locked, run = mine
    run.usage = _added(run.usage, finished.usage)
    calls = finished.tool_calls
    if not calls and not finished.text.strip():
        return _fail(locked, run, "empty_answer", EMPTY, last_seq)
    message = locking.write(locked, run, Role.ASSISTANT, finished.text)
    if not calls:
        said = ("message_completed", {"message_id": message.pk, "text": message.text})
        closing.end_run(locked, run, RunStatus.COMPLETED, "completed", [said], after=last_seq)
        locking.save(locked)
        return False
    refused = _propose(plan, run, message, calls)
    run.phase, run.claimed_by = Phase.TOOLS, ""
    run.save()
    locked.last_seq, locked.reserved_seq = last_seq, 0
    events.append(locked, [told for each in refused for told in _refusal(each)])
    locking.save(locked)
    return True


def fail(plan: StepPlan, text: str, last_seq: int, unstored: Pieces, code: str, why: str) -> None:
    """End the run because its model failed; what was shown of its text stays."""
    mine = _mine(plan, unstored)
    if mine is None:
        return
    locked, run = mine
    if text.strip():
        locking.write(locked, run, Role.ASSISTANT, text)
    _fail(locked, run, code, why, last_seq)


def origin_of(run: AgentRun, conversation: Conversation) -> Origin:
    """Return where the tool calls of a conversation come from."""
    return Origin(
        organization_id=conversation.organization_id,
        trigger=conversation.channel,
        source_kind="conversation",
        source_id=str(conversation.pk),
        assistant_id=conversation.assistant_id,
        user_id=conversation.owner_id,
        api_key_id=conversation.api_key_id,
        context=_context(conversation),
    )


def proposed(proposal: ToolProposal) -> dict[str, Any]:
    """Return the event of a new call; `delta` is all of its arguments as JSON text."""
    return {
        **closing.about(proposal),
        "delta": json.dumps(arguments_of(proposal), ensure_ascii=False),
        "external": proposal.runs_at == RunsAt.BROWSER,
        "message_id": proposal.message_id,
        "step": proposal.step,
    }


def _mine(plan: StepPlan, unstored: Pieces) -> tuple[Conversation, AgentRun] | None:
    """Lock the conversation and store what was shown; None where the step is not ours any more."""
    try:
        locked = locking.lock(plan.conversation.pk)
    except Conversation.DoesNotExist:
        return None
    if unstored.texts:
        events.store_pieces([unstored])
    run = rows.run_held_by(plan.claimant, plan.run_id, plan.step)
    return (locked, run) if run is not None else None


def _fail(locked: Conversation, run: AgentRun, code: str, why: str, last_seq: int) -> bool:
    closing.end_run(locked, run, RunStatus.FAILED, code, error=why, after=last_seq)
    locking.save(locked)
    return False


def _take_over(run_pk: int, claimant: str) -> bool:
    """Claim a step that another process has begun; tell watchers to forget the text of that one.

    The conversation is locked before its run, as whoever changes a conversation does.
    """
    conversation_id = leases.left_by_another(run_pk)
    if conversation_id is None:
        return False
    try:
        locked = locking.lock(conversation_id)
    except Conversation.DoesNotExist:
        return False
    if not leases.claim(run_pk, claimant, again=True):
        return False
    attempt = AgentRun.unscoped.values_list("attempt", flat=True).get(pk=run_pk)
    begun = locked.reserved_seq - RESERVED
    events.append(locked, [("step_restarted", {"discard_after": begun, "attempt": attempt})])
    reserve(locked)
    locking.save(locked)
    return True


def _propose(
    plan: StepPlan, run: AgentRun, message: Message, calls: Sequence[AssembledToolCall]
) -> list[ToolProposal]:
    """Store the calls of a step; return those that are refused, being too many."""
    wanted = [call.id for call in calls]
    used = set(
        ToolProposal.unscoped.filter(
            conversation=plan.conversation, tool_call_id__in=wanted
        ).values_list("tool_call_id", flat=True)
    )
    in_browsers = {tool.name for tool in plan.tools if tool.runs_at == "browser"}
    proposals = []
    for position, call in enumerate(calls):
        call_id = clean_text(call.id)[:100]
        if not call_id or call_id in used:
            call_id = f"call_{uuid.uuid4().hex}"
        used.add(call_id)
        in_browser = call.name in in_browsers
        proposals.append(
            ToolProposal(
                organization_id=run.organization_id,
                conversation=plan.conversation,
                run=run,
                message=message,
                step=run.step,
                position=position,
                tool_call_id=call_id,
                tool_name=clean_text(call.name)[:100],
                runs_at=RunsAt.BROWSER if in_browser else RunsAt.WORKER,
                arguments=clean_text(call.arguments),
            )
        )
    too_many = proposals[MOST_CALLS:]
    for each in too_many:
        each.status, each.is_error, each.closed_at = ProposalStatus.FAILED, True, timezone.now()
        each.runs_at = RunsAt.WORKER  # no page may begin it
        each.output = results.refused("not_allowed", TOO_MANY_CALLS)
    ToolProposal.unscoped.bulk_create(proposals)
    return too_many


def _refusal(call: ToolProposal) -> list[events.News]:
    told = {
        **closing.about(call),
        "status": call.status,
        "success": False,
        "result": {"success": False, "message": TOO_MANY_CALLS},
        "message": TOO_MANY_CALLS,
        "error_code": "not_allowed",
    }
    begun = {**proposed(call), "requires_approval": False}
    return [("tool_call_start", begun), ("tool_call_result", told)]


def _instructions(run: AgentRun, conversation: Conversation) -> str:
    version = run.assistant_version
    if version is not None:
        written = chat_instructions(
            version.spec, _context(conversation), conversation.objective, conversation.channel
        )
        parts = [written]
    else:
        agent = python_agents.find(conversation.agent_class_name)
        parts = [agent.identity if agent is not None else "", conversation.objective]
    parts.append(contexts.told(run.context))
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _context(conversation: Conversation) -> dict[str, Any]:
    return {
        "phone_number": conversation.phone_number,
        "phone_numbers": {"from": conversation.phone_number, "to": conversation.our_number},
        "assistant_id": conversation.assistant_id,
        "assistant_name": conversation.assistant.name if conversation.assistant else "",
        "organization_id": conversation.organization_id,
        "organization_name": conversation.organization.name,
        "user_id": conversation.owner_id,
        "conversation_id": conversation.pk,
        "trigger_context": conversation.channel,
    }


def _added(before: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return token counts added up; what is no number is left out."""
    numbers = {key: each for key, each in more.items() if isinstance(each, int)}
    return {**before, **{key: before.get(key, 0) + each for key, each in numbers.items()}}
