"""What the audit keeps of an answer: the proposal, what was changed, why; never a secret.

Imports the audit and the organization's secrets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools_library.approvals.hashing import arguments_hash, changes
from tools_library.engine.cleaning import clean_text
from tools_library.models import Approval
from tools_library.services.secrets import without_secrets
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import audit

_DONE = {"approve": "approved", "reject": "rejected", "edit": "edited"}
_PROPOSAL_MAX = 4_000
_VALUE_MAX = 500
_CHANGES_MAX = 50


def of_answer(approval: Approval, reason: str, edited: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what an answer's entry tells of the arguments, each credential's value masked.

    Made before the transaction of the answer: it reads every credential.

    Args:
        edited: all arguments as they will run; None: as they were asked for.
    """
    told: dict[str, Any] = {"arguments_hash": approval.arguments_hash, "reason": clean_text(reason)}
    if edited is not None:
        told["proposed"] = approval.arguments
        told["changes"] = changes(approval.arguments, edited)
    if reason or edited is not None:
        told = without_secrets(approval.organization_id, told, but=("arguments_hash",))
    if edited is None:
        return told
    return {
        **told,
        "edited_hash": arguments_hash(edited),
        "proposed": _cut(told["proposed"], _PROPOSAL_MAX),
        "changes": [
            {name: _cut(value, _VALUE_MAX) for name, value in each.items()}
            for each in told["changes"][:_CHANGES_MAX]
        ],
    }


def answered(approval: Approval, decision: str, told: Mapping[str, Any], by: Actor | None) -> None:
    """Write an answer into the audit, in its transaction; whoever edited is the entry's actor."""
    audit.record(
        approval.organization_id,
        f"approval.{_DONE[decision]}",
        by=by,
        kind="approval",
        object_id=approval.pk,
        name=approval.tool_name,
        data={
            "policy": approval.policy,
            "execution_id": str(approval.execution.execution_id),
            "remember": approval.remember,
            **told,
        },
    )


def entries_of(approval: Approval) -> list[AuditEntry]:
    """Return the audit's entries about a question, oldest first."""
    rows = AuditEntry.objects.of(approval.organization_id).filter(
        object_kind="approval", object_id=str(approval.pk)
    )
    return list(rows.order_by("sequence"))


def _cut(value: Any, most: int) -> Any:
    """Return a value as it is, or the beginning of its JSON where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= most else f"{text[:most]}…"
