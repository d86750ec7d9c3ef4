"""How the calls of a step go on: their runs begun, their results taken, the next step made due.

Everything is read from rows and may be called at any time, in any process: `settle` finds out what
is due. Imports models and the tool services.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from tools_library.choices import SideEffect
from tools_library.models import Approval, ToolExecution
from tools_library.services import execution
from tools_library.services.catalog import CatalogTool
from tools_library.services.origins import Origin
from voiceassist.conversations.choices import (
    OPEN_PROPOSALS,
    OPEN_RUNS,
    PAUSED_RUNS,
    AgentState,
    Phase,
    ProposalStatus,
    RunStatus,
)
from voiceassist.conversations.loop.steps import MOST_STEPS, CallState, may_begin, standing
from voiceassist.conversations.models import AgentRun, Conversation, ToolProposal
from voiceassist.conversations.services import (
    closing,
    due,
    events,
    locking,
    python_agents,
    results,
    rows,
    sms_sending,
    stepping,
    toolbox,
)
from voiceassist.conversations.services.pending import arguments_of, pending

TOO_MANY_STEPS = (
    f"The assistant called tools {MOST_STEPS} times without coming to an answer, and was stopped. "
    "Say more exactly what you need."
)


def on_run(run: ToolExecution) -> None:
    """Take how a tool's run went on; called after the commit that moved it."""
    settle(int(run.source_id))


def settle(conversation_id: int, tools: Sequence[CatalogTool] | None = None) -> None:
    """Bring a conversation as far as its rows allow, if it is not deleted; in no transaction.

    Args:
        tools: what its model was offered in this step; None: it is read.
    """
    try:
        while True:
            _begin_calls(conversation_id, tools)
            if not _advance(conversation_id):
                return
    except (Conversation.DoesNotExist, AgentRun.DoesNotExist):
        return


def _begin_calls(conversation_id: int, offered: Sequence[CatalogTool] | None) -> None:
    """Write down the runs of those calls that may begin now."""
    calls = rows.calls_of_step(conversation_id)
    if not any(each.status == ProposalStatus.PROPOSED for each in calls):
        return
    run = rows.run_for_step(calls[0].run_id)
    conversation = run.conversation
    listed = toolbox.tools_of(run, conversation) if offered is None else offered
    tools = {tool.name: tool for tool in listed}
    order = {tool.name: place for place, tool in enumerate(listed)}
    calls.sort(key=lambda each: (order.get(each.tool_name, len(order)), each.position))
    states = [CallState(each.status, _in_order(tools.get(each.tool_name))) for each in calls]
    origin = stepping.origin_of(run, conversation)
    for index in may_begin(states):
        call = calls[index]
        tool = tools.get(call.tool_name)
        row = _begin_call(call, tool, origin)
        if tool is not None and row is not None:
            python_agents.hand_over(call.pk, row, tool)


@transaction.atomic
def _begin_call(call: ToolProposal, tool: Any, origin: Origin) -> ToolExecution | None:
    """Write a call's run down; None where the answer was stopped, or another process was first.

    Under the conversation's lock: a call that is told to have been cancelled takes no place.
    """
    locking.lock(call.conversation_id)
    still = ToolProposal.unscoped.filter(
        pk=call.pk, execution=None, status=ProposalStatus.PROPOSED, run__status__in=OPEN_RUNS
    )
    if not still.exists():
        return None
    row = execution.request(
        tool or call.tool_name, call.arguments or "{}", origin, tool_call_id=call.tool_call_id
    )
    ToolProposal.unscoped.filter(pk=call.pk).update(execution=row)
    return row


def _in_order(tool: Any) -> bool:
    if tool is None or tool.runs_at == "browser":
        return False
    return bool(tool.side_effect != SideEffect.READ)


@transaction.atomic
def _advance(conversation_id: int) -> bool:
    """Take what has happened to the calls' runs; return whether more calls may begin."""
    locked = locking.lock(conversation_id)
    calls = rows.calls_of_step(conversation_id)
    if not calls:
        return False
    run, moved = calls[0].run, [each for each in calls if _moves(each)]
    if not moved and any(each.is_open for each in calls):
        return False
    news = [told for each in moved for told in _move(each)]
    now = standing([each.status for each in calls])
    if now.closed:
        _next_step(locked, run, news)
    else:
        _wait(locked, run, calls, now.status, now.moving, news)
    locking.save(locked)
    changes = any(each.status == ProposalStatus.PROPOSED for each in calls)
    return changes and any(not each.is_open for each in moved)


def _moves(call: ToolProposal) -> bool:
    row = call.execution
    if row is None or not call.is_open:
        return False
    return results.status_of(row, in_browser=call.runs_at == "browser") != call.status


def _move(call: ToolProposal) -> list[events.News]:
    """Store where a call's run stands; return what there is to tell of it."""
    row = call.execution
    assert row is not None  # noqa: S101 - `_moves` said so
    before, status = call.status, results.status_of(row, in_browser=call.runs_at == "browser")
    news: list[events.News] = []
    if before == ProposalStatus.PROPOSED:
        asks = status == ProposalStatus.PENDING_APPROVAL
        news.append(("tool_call_start", {**stepping.proposed(call), "requires_approval": asks}))
    if before == ProposalStatus.PENDING_APPROVAL:
        news.append(("approval_resolved", _decided(call, row)))
    if status not in OPEN_PROPOSALS:
        closing.close(call, status, results.told(row))
        return [*news, _closed(call, row)]
    call.status, call.expires_at = status, row.deadline_at
    if status == ProposalStatus.PENDING_APPROVAL:
        news.append(("approval_required", _question(call, row)))
    call.save(update_fields=["status", "expires_at"])
    return news


def _question(call: ToolProposal, row: ToolExecution) -> dict[str, Any]:
    approval = Approval.unscoped.filter(execution=row).first()
    call.expires_at = approval.expires_at if approval is not None else None
    [asked] = pending([call])
    return {**closing.about(call), **asked}


def _decided(call: ToolProposal, row: ToolExecution) -> dict[str, Any]:
    approval = Approval.unscoped.filter(execution=row).first()
    if approval is None:
        return closing.about(call)
    return {
        **closing.about(call),
        "approval_id": approval.pk,
        "decision": approval.status,
        "by": approval.decided_by_name,
        "reason": approval.reason,
        "changes": approval.changes,
        "arguments": arguments_of(call),
    }


def _closed(call: ToolProposal, row: ToolExecution) -> events.News:
    output = row.output_result or {}
    told = {
        **closing.about(call),
        "status": call.status,
        "success": not call.is_error,
        "result": output,
        "message": row.message,
        "error_code": row.error_code,
    }
    if call.status == ProposalStatus.EXPIRED:
        return ("tool_call_expired", told)
    return ("tool_call_resolved" if call.runs_at == "browser" else "tool_call_result", told)


def _next_step(locked: Conversation, run: AgentRun, news: list[events.News]) -> None:
    if run.step >= MOST_STEPS:
        closing.end_run(locked, run, RunStatus.FAILED, "too_many_steps", news, error=TOO_MANY_STEPS)
        return
    was_paused = run.status in PAUSED_RUNS
    run.step, run.phase, run.status = run.step + 1, Phase.MODEL, RunStatus.RUNNING
    run.attempt, run.claimed_by, run.lease_until = 0, "", None
    run.save()
    if was_paused:
        news = [*news, ("run_resumed", {"run_id": str(run.run_id)})]
    locked.agent_state, locked.pending_frontend_tools = AgentState.IDLE, []
    events.append(locked, news)
    stepping.reserve(locked)
    due.announce(run.pk)


def _wait(
    locked: Conversation,
    run: AgentRun,
    calls: Sequence[ToolProposal],
    status: str,
    moving: bool,
    news: list[events.News],
) -> None:
    run.status = status
    run.save(update_fields=["status", "touched_at"])
    waiting = pending(calls)
    locked.pending_frontend_tools = waiting
    paused = status in PAUSED_RUNS
    locked.agent_state = AgentState.AWAITING_FRONTEND_TOOL if paused else AgentState.IDLE
    if paused and not moving:
        told = {"thread_id": locked.thread_id, "run_id": str(run.run_id)}
        news = [*news, ("run_paused", {**told, "status": status, "tools": waiting})]
        sms_sending.rests(locked, run)
    events.append(locked, news)
