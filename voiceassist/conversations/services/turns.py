"""What the model reads of a conversation: its newest turns; imports models."""

from __future__ import annotations

from typing import Any

from voiceassist.conversations.loop.history import Call, Turn, is_enough
from voiceassist.conversations.models import Conversation, Message, ToolProposal
from voiceassist.foundation.prepared import PreparedQuery

PAGE = 100
_NO_END = 2**31 - 1

_SAID = PreparedQuery(
    Message,
    ["conversation_id", "position"],
    lambda conversation_id, before: (
        Message.unscoped.filter(conversation_id=conversation_id, position__lt=before)
        .order_by("-position")
        .values_list("pk", "position", "role", "text")[:PAGE]
    ),
)

_CALLS = PreparedQuery(
    ToolProposal,
    ["conversation_id", "message_id", "message_id"],
    lambda conversation_id, first, last: (
        ToolProposal.unscoped.filter(
            conversation_id=conversation_id, message_id__gte=first, message_id__lte=last
        )
        .order_by("pk")
        .values_list("message_id", "tool_call_id", "tool_name", "arguments", "output")
    ),
)


def newest(conversation: Conversation) -> list[Turn]:
    """Return the newest turns in order, as many as the model reads and no page more."""
    turns: list[Turn] = []
    before = _NO_END
    while True:
        page = _SAID.all(conversation.pk, before)[::-1]
        turns = _turns(conversation, page) + turns
        if len(page) < PAGE or is_enough(turns):
            return turns
        before = page[0][1]


def _turns(conversation: Conversation, page: list[list[Any]]) -> list[Turn]:
    if not page:
        return []
    calls: dict[int, list[Call]] = {}
    for message_id, *call in _CALLS.all(conversation.pk, page[0][0], page[-1][0]):
        calls.setdefault(message_id, []).append(Call(*call))
    return [Turn(role, text, tuple(calls.get(pk, ()))) for pk, _, role, text in page]
