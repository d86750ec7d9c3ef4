"""Calls that wait for a person, as every door shows them; imports models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tools_library.models import Approval
from tools_library.services.catalog import flat_definition
from voiceassist.conversations.choices import WAITING_FOR_PEOPLE, ProposalStatus, RunsAt
from voiceassist.conversations.models import ToolProposal


def pending(proposals: Iterable[ToolProposal]) -> list[dict[str, Any]]:
    """Return those of the calls that wait for a person, in the order of the model's proposal.

    Each has the keys of documents 003 and 004 side by side, and `approval_id` where it waits for a
    yes; `waits_for` is `browser`, `user` or `staff`. A question has the `input_schema` that edited
    arguments must fit.
    """
    waiting = [each for each in proposals if each.status in WAITING_FOR_PEOPLE]
    asked = [each.execution_id for each in waiting if _asks(each)]
    rows = Approval.unscoped.filter(execution_id__in=asked) if asked else ()
    approvals = {row.execution_id: row for row in rows}
    return [_shown(each, approvals.get(each.execution_id or 0)) for each in waiting]


def arguments_of(proposal: ToolProposal) -> dict[str, Any]:
    """Return a call's arguments as it runs with them; the model's where it has no run yet."""
    if proposal.execution is not None:
        return dict(proposal.execution.input_parameters)
    try:
        read = json.loads(proposal.arguments or "{}")
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _asks(proposal: ToolProposal) -> bool:
    return proposal.status == ProposalStatus.PENDING_APPROVAL


def _schema(proposal: ToolProposal) -> dict[str, Any] | None:
    version = proposal.execution.definition if proposal.execution is not None else None
    if version is None:
        return None
    definition = flat_definition(version.function_definition, version.name, "")
    parameters: dict[str, Any] = definition["parameters"]
    return parameters


def _shown(proposal: ToolProposal, approval: Approval | None) -> dict[str, Any]:
    arguments = arguments_of(proposal)
    who = "browser" if approval is None else ("staff" if approval.policy == "staff" else "user")
    return {
        "id": proposal.tool_call_id,
        "name": proposal.tool_name,
        "parameters": arguments,
        "tool_use_id": proposal.tool_call_id,
        "tool_name": proposal.tool_name,
        "tool_input": arguments,
        "input_schema": _schema(proposal) if approval is not None else None,
        "tool_call_id": proposal.tool_call_id,
        "message_id": proposal.message_id,
        "expires_at": _iso(proposal.expires_at),
        "requires_approval": approval is not None,
        "approval_id": approval.pk if approval is not None else None,
        "external": proposal.runs_at == RunsAt.BROWSER,
        "waits_for": who,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
