"""How conversations stand, as the doors tell it; imports models."""

from __future__ import annotations

from typing import Any

from voiceassist.conversations.choices import OPEN_PROPOSALS, RunStatus
from voiceassist.conversations.models import AgentRun, Conversation, Message, ToolProposal
from voiceassist.conversations.services.pending import arguments_of, pending

_SHOWN = 500


def newest_run(conversation: Conversation) -> AgentRun | None:
    """Return the run that answers the newest message."""
    return AgentRun.unscoped.filter(conversation=conversation).order_by("-pk").first()


def open_calls(conversation: Conversation) -> list[dict[str, Any]]:
    """Return the calls that wait for a person, read anew."""
    rows = ToolProposal.unscoped.filter(conversation=conversation, status__in=OPEN_PROPOSALS)
    return pending(rows.select_related("execution").order_by("run_id", "step", "position"))


def answer_of(run: AgentRun) -> str:
    """Return what the assistant wrote last in a run."""
    said = Message.unscoped.filter(run=run, role="assistant").order_by("-position")
    return said.values_list("text", flat=True).first() or ""


def outcome(conversation: Conversation) -> dict[str, Any]:
    """Return how a conversation stands, for clients that do not stream."""
    fresh = Conversation.unscoped.get(pk=conversation.pk)
    run = newest_run(fresh)
    status = run.status if run is not None else "idle"
    told: dict[str, Any] = {
        "conversation_id": fresh.pk,
        "thread_id": fresh.thread_id,
        "run_id": str(run.run_id) if run is not None else None,
        "status": status,
        "agent_state": fresh.agent_state,
        "message_count": fresh.message_count,
        "pending_tools": open_calls(fresh),
        "last_event_id": fresh.last_seq,
    }
    if run is not None and run.status not in (RunStatus.RUNNING,):
        told["text"] = answer_of(run)
    if run is not None and run.status == RunStatus.FAILED:
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
    """Return a conversation with its newest 500 messages and their tool calls."""
    newest = Message.unscoped.filter(conversation=conversation).order_by("-position")[:_SHOWN]
    rows = list(newest)[::-1]
    calls: dict[int, list[dict[str, Any]]] = {}
    proposals = ToolProposal.unscoped.filter(message__in=rows).select_related("execution")
    for each in proposals.order_by("message_id", "position"):
        calls.setdefault(each.message_id, []).append(_call(each))
    messages = [
        {
            "id": row.pk,
            "role": row.role,
            "text": row.text,
            "created_at": row.created_at.isoformat(),
            "tool_calls": calls.get(row.pk, []),
        }
        for row in rows
    ]
    return {
        **summary(conversation),
        "last_event_id": conversation.last_seq,
        "messages": messages,
        "pending_tools": open_calls(conversation),
    }


def _call(call: ToolProposal) -> dict[str, Any]:
    row = call.execution
    return {
        "tool_call_id": call.tool_call_id,
        "tool_name": call.tool_name,
        "arguments": arguments_of(call),
        "runs_at": call.runs_at,
        "status": call.status,
        "execution_id": str(row.execution_id) if row is not None else None,
        "result": row.output_result if row is not None else None,
        "answered_by": call.answered_by_name,
    }
