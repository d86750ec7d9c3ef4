"""Rows that every step reads, by queries that are put together once; imports models."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from tools_library.models import ToolExecution
from tools_library.services import kept_versions
from voiceassist.assistants.models import Assistant, AssistantVersion
from voiceassist.conversations.choices import OPEN_RUNS, Phase, RunStatus
from voiceassist.conversations.models import AgentRun, Conversation, ToolProposal
from voiceassist.foundation.prepared import PreparedQuery, columns, instance
from voiceassist.organizations.models import Organization

_RUN, _CONVERSATION, _VERSION = columns(AgentRun), columns(Conversation), columns(AssistantVersion)
_PROPOSAL, _EXECUTION = columns(ToolProposal), columns(ToolExecution)
_WHOLE_ASSISTANT = columns(Assistant)
_ASSISTANT, _ORGANIZATION = ("id", "organization_id", "name", "slug"), ("id", "name")

_STEP = PreparedQuery(
    AgentRun,
    ["id"],
    lambda run_id: AgentRun.unscoped.filter(pk=run_id).values_list(
        *_RUN,
        *(f"conversation__{name}" for name in _CONVERSATION),
        *(f"conversation__assistant__{name}" for name in _ASSISTANT),
        *(f"conversation__organization__{name}" for name in _ORGANIZATION),
        *(f"assistant_version__{name}" for name in _VERSION),
    ),
)

_CALLS = PreparedQuery(
    ToolProposal,
    ["conversation_id"],
    lambda conversation_id: (
        ToolProposal.unscoped.filter(
            conversation_id=conversation_id,
            run__status__in=OPEN_RUNS,
            run__phase=Phase.TOOLS,
            step=F("run__step"),
        )
        .order_by("position")
        .values_list(
            *_PROPOSAL,
            *(f"run__{name}" for name in _RUN),
            *(f"execution__{name}" for name in _EXECUTION),
            "execution__definition__created_at",
        )
    ),
)

_HELD = PreparedQuery(
    AgentRun,
    ["claimed_by", "id", "step"],
    lambda claimant, run_id, step: AgentRun.unscoped.filter(
        claimed_by=claimant,
        pk=run_id,
        step=step,
        status=RunStatus.RUNNING,
        phase=Phase.MODEL,
    ).values_list(*_RUN),
)

_OPEN = PreparedQuery(
    AgentRun,
    ["conversation_id"],
    lambda conversation_id: AgentRun.unscoped.filter(
        conversation_id=conversation_id, status__in=OPEN_RUNS
    ).values_list(*_RUN),
)

_OWN = PreparedQuery(
    Assistant,
    ["id"],
    lambda assistant_id: Assistant.unscoped.filter(pk=assistant_id).values_list(*_WHOLE_ASSISTANT),
)

_LOCKED = PreparedQuery(
    Conversation,
    ["id"],
    lambda conversation_id: (
        Conversation.unscoped.filter(pk=conversation_id)
        .select_for_update(of=("self",), no_key=True)
        .values_list(*_CONVERSATION)
    ),
)


def run_for_step(run_id: int) -> AgentRun:
    """Return a run with its version and its conversation, and of its assistant what a step reads.

    Raises:
        AgentRun.DoesNotExist: it was deleted.
    """
    found = _STEP.first(run_id)
    if found is None:
        raise AgentRun.DoesNotExist
    values = iter(found)
    run = instance(AgentRun, _RUN, values)
    conversation = run.conversation = instance(Conversation, _CONVERSATION, values)
    assistant = instance(Assistant, _ASSISTANT, values)
    conversation.assistant = assistant if conversation.assistant_id else None
    conversation.organization = instance(Organization, _ORGANIZATION, values)
    version = instance(AssistantVersion, _VERSION, values)
    run.assistant_version = version if run.assistant_version_id else None
    return run


def calls_of_step(conversation_id: int) -> list[ToolProposal]:
    """Return the calls of the step whose tools run, in order, with their run and what runs."""
    calls, versions = [], dict[int, datetime]()
    for found in _CALLS.all(conversation_id):
        values = iter(found)
        call = instance(ToolProposal, _PROPOSAL, values)
        call.run = instance(AgentRun, _RUN, values)
        execution = instance(ToolExecution, _EXECUTION, values)
        call.execution = execution if call.execution_id is not None else None
        if call.execution is not None and execution.definition_id is not None:
            versions[execution.definition_id] = next(values)
        calls.append(call)
    kept = kept_versions.versions(versions.items())
    for call in calls:
        if call.execution is not None and call.execution.definition_id in kept:
            call.execution.definition = kept[call.execution.definition_id]
    return calls


def open_run(conversation_id: int) -> AgentRun | None:
    """Return the run of a conversation that has not ended; None: there is none."""
    found = _OPEN.first(conversation_id)
    return None if found is None else instance(AgentRun, _RUN, iter(found))


def assistant_of(conversation: Conversation) -> Assistant | None:
    """Return the assistant of a conversation as it is now; None: it has none any more."""
    found = _OWN.first(conversation.assistant_id) if conversation.assistant_id else None
    return None if found is None else instance(Assistant, _WHOLE_ASSISTANT, iter(found))


def run_held_by(claimant: str, run_id: int, step: int) -> AgentRun | None:
    """Return a run whose model this process drives at this step; None: it is lost."""
    found = _HELD.first(claimant, run_id, step)
    return None if found is None else instance(AgentRun, _RUN, iter(found))


def locked_conversation(conversation_id: int) -> Conversation:
    """Return a conversation, its row locked until the transaction ends.

    Raises:
        Conversation.DoesNotExist: it was deleted.
    """
    found = _LOCKED.first(conversation_id)
    if found is None:
        raise Conversation.DoesNotExist
    return instance(Conversation, _CONVERSATION, iter(found))
