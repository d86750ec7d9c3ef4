"""How conversations stand, as the doors tell it; imports models."""

from __future__ import annotations

import json
from typing import Any

from tools_library.approvals.choices import ApprovalStatus
from tools_library.models import Approval
from voiceassist.conversations.choices import OPEN_PROPOSALS, OPEN_RUNS, RunStatus
from voiceassist.conversations.models import AgentRun, Conversation, Message, ToolProposal
from voiceassist.conversations.services.pending import arguments_of, pending

_SHOWN = 500


def newest_run(conversation: Conversation) -> AgentRun | None:
    """Return the run that answers the newest message."""
    return AgentRun.unscoped.filter(conversation=conversation).order_by("-pk").first()


def open_calls(conversation: Conversation) -> list[dict[str, Any]]:
    """Return the calls that wait for a person, read anew."""
    rows = ToolProposal.unscoped.filter(conversation=conversation, status__in=OPEN_PROPOSALS)
    return pending(
        rows.select_related("execution__definition").order_by("run_id", "step", "position")
    )


def answer_of(run: AgentRun) -> str:
    """Return what the assistant wrote last in a run."""
    said = Message.unscoped.filter(run=run, role="assistant").order_by("-position")
    return said.values_list("text", flat=True).first() or ""


def outcome(conversation: Conversation, of: AgentRun | None = None) -> dict[str, Any]:
    """Return how a conversation stands, for clients that do not stream.

    Args:
        of: the run that they ask for; None: the newest.
    """
    fresh = Conversation.unscoped.get(pk=conversation.pk)
    run = newest_run(fresh) if of is None else AgentRun.unscoped.get(pk=of.pk)
    going = run is not None and run.status in OPEN_RUNS
    told: dict[str, Any] = {
        "conversation_id": fresh.pk,
        "thread_id": fresh.thread_id,
        **_standing(run),
        "agent_state": fresh.agent_state,
        "message_count": fresh.message_count,
        "pending_tools": open_calls(fresh) if going else [],
        "last_event_id": fresh.last_seq,
    }
    if run is not None and run.status != RunStatus.RUNNING:
        told["text"] = answer_of(run)
    return told


def _standing(run: AgentRun | None) -> dict[str, Any]:
    """Return how the newest run stands, and why it failed where it did."""
    if run is None:
        return {"run_id": None, "status": "idle"}
    told = {"run_id": str(run.run_id), "status": run.status}
    if run.status == RunStatus.FAILED:
        told |= {"code": run.stop_reason, "message": run.error_message}
    return told


def summary(conversation: Conversation) -> dict[str, Any]:
    """Return a conversation as lists show it."""
    return {
        "id": conversation.pk,
        "thread_id": conversation.thread_id,
        "assistant": conversation.assistant_id,
        "channel": conversation.channel,
        "objective": conversation.objective,
        "agent_state": conversation.agent_state,
        "agent_class_name": conversation.agent_class_name,
        "pending_frontend_tools": conversation.pending_frontend_tools,
        "message_count": conversation.message_count,
        "owner": conversation.owner_name,
        "end_user": conversation.end_user,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
    }


def detail(conversation: Conversation) -> dict[str, Any]:
    """Return a conversation with its newest 500 messages and their tool calls.

    All of it is of one moment: who follows the events after `last_event_id` misses none, and gets
    none that is told here already.
    """
    while True:
        fresh = Conversation.unscoped.get(pk=conversation.pk)
        told = {
            **summary(fresh),
            **_standing(newest_run(fresh)),
            "last_event_id": fresh.last_seq,
            "messages": _messages(fresh),
            "pending_tools": open_calls(fresh),
        }
        if Conversation.unscoped.filter(pk=fresh.pk, last_seq=fresh.last_seq).exists():
            return told


def _messages(conversation: Conversation) -> list[dict[str, Any]]:
    newest = Message.unscoped.filter(conversation=conversation).order_by("-position")[:_SHOWN]
    rows = list(newest)[::-1]
    calls: dict[int, list[dict[str, Any]]] = {}
    proposals = ToolProposal.unscoped.filter(message__in=rows)
    for each in proposals.select_related("execution__approval").order_by("message_id", "position"):
        calls.setdefault(each.message_id, []).append(_call(each))
    return [
        {
            "id": row.pk,
            "role": row.role,
            "text": row.text,
            "created_at": row.created_at.isoformat(),
            "tool_calls": calls.get(row.pk, []),
        }
        for row in rows
    ]


def _call(call: ToolProposal) -> dict[str, Any]:
    row = call.execution
    return {
        "tool_call_id": call.tool_call_id,
        "tool_name": call.tool_name,
        "arguments": arguments_of(call),
        "runs_at": call.runs_at,
        "status": call.status,
        "execution_id": str(row.execution_id) if row is not None else None,
        "result": _result(call),
        "answered_by": call.answered_by_name,
        "approval": _decision(getattr(row, "approval", None)),
    }


def _result(call: ToolProposal) -> dict[str, Any] | None:
    """Return what a call gave; of one whose run is gone, what the model was told."""
    if call.execution is not None and call.execution.output_result is not None:
        return dict(call.execution.output_result)
    try:
        read = json.loads(call.output) if call.output else None
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _decision(approval: Approval | None) -> dict[str, Any] | None:
    """Return what was decided of a question, as `approval_resolved` tells it."""
    if approval is None or approval.status == ApprovalStatus.PENDING:
        return None
    return {
        "id": approval.pk,
        "decision": approval.status,
        "by": approval.decided_by_name,
        "reason": approval.reason,
        "changes": approval.changes,
    }
