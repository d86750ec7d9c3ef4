"""The end of a run and of its open calls, under the conversation's lock; imports models."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from tools_library.services import execution
from voiceassist.conversations.choices import (
    OPEN_PROPOSALS,
    AgentState,
    ProposalStatus,
    RunStatus,
)
from voiceassist.conversations.models import AgentRun, Conversation, ToolProposal
from voiceassist.conversations.services import events, sms_sending
from voiceassist.conversations.services.results import refused
from voiceassist.foundation import written

_ENDED = (
    "status", "stop_reason", "error_message", "usage", "finished_at", "claimed_by", "touched_at",
)  # fmt: skip


def cancel_run(locked: Conversation, run: AgentRun, stop_reason: str, why: str) -> None:
    """End a run and its open calls; the caller saves the conversation.

    Args:
        why: what the model is told of each open call.
    """
    cancelled = cancel_calls(run, why)
    news = [
        ("tool_call_resolved", {**about(each), "status": each.status, "message": why})
        for each in cancelled
    ]
    end_run(locked, run, RunStatus.CANCELLED, stop_reason, news)


def cancel_calls(run: AgentRun, why: str) -> list[ToolProposal]:
    """Close the open calls of a run, and cancel what runs for them; return them."""
    rows = ToolProposal.unscoped.filter(run=run, status__in=OPEN_PROPOSALS)
    cancelled = list(rows.select_related("execution").select_for_update(of=("self",)))
    for proposal in cancelled:
        if proposal.execution is not None:
            execution.cancel(proposal.execution.execution_id, why)
        close(proposal, ProposalStatus.CANCELLED, refused("cancelled", why))
    return cancelled


def close(proposal: ToolProposal, status: str, output: str) -> None:
    """Store a call's one result; who answered it stays."""
    proposal.status, proposal.output = status, output
    proposal.is_error = status != ProposalStatus.SUCCEEDED
    proposal.closed_at = timezone.now()
    proposal.save()


def end_run(
    locked: Conversation,
    run: AgentRun,
    status: str,
    stop_reason: str,
    news: Iterable[events.News] = (),
    *,
    error: str = "",
    after: int | None = None,
) -> None:
    """End a run and tell those who watch; the caller saves the conversation."""
    run.status, run.stop_reason, run.error_message = status, stop_reason, error
    run.finished_at, run.claimed_by = timezone.now(), ""
    written.update(run, _ENDED)
    locked.agent_state = AgentState.COMPLETED if status == RunStatus.COMPLETED else AgentState.IDLE
    locked.pending_frontend_tools = []
    told = {
        "thread_id": locked.thread_id,
        "run_id": str(run.run_id),
        "status": status,
        "stop_reason": stop_reason,
    }
    last = ("run_error", {**told, "code": stop_reason, "message": error})
    events.append(
        locked,
        [*news, last if status == RunStatus.FAILED else ("run_finished", told)],
        after=after,
    )
    locked.reserved_seq = 0
    sms_sending.rests(locked, run)


def about(proposal: ToolProposal) -> dict[str, str]:
    """Return what every event of a call says of it."""
    return {"tool_call_id": proposal.tool_call_id, "tool_call_name": proposal.tool_name}
