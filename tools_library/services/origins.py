"""Where tool calls come from; imports only the standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Where tool calls come from; one for a whole call or conversation.

    Args:
        trigger: a TriggerContext.
        source_kind, source_id: what the calls belong to, such as `call` and its id; with the
            model's id of a tool call they make a run unique.
        context: names that templates may use, such as `call_sid`; JSON values.
        api_key_id: the program that asks; where four eyes are wanted, who made its key counts.
        reply_to: channel of the process that waits, from `OutcomeListener.channel`.
        beyond_review: a test by somebody who may approve what it uses (`approvals.trying`).
    """

    organization_id: int
    trigger: str
    source_kind: str = ""
    source_id: str = ""
    assistant_id: int | None = None
    call_id: int | None = None
    user_id: int | None = None
    api_key_id: int | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    beyond_review: bool = False
