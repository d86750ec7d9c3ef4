"""What the model reads of a conversation: its newest turns; imports models."""

from __future__ import annotations

from voiceassist.conversations.loop.history import Call, Turn, is_enough
from voiceassist.conversations.models import Conversation, Message, ToolProposal

PAGE = 100


def newest(conversation: Conversation) -> list[Turn]:
    """Return the newest turns in order, as many as the model reads and no page more."""
    turns: list[Turn] = []
    before: int | None = None
    while True:
        rows = Message.unscoped.filter(conversation=conversation)
        if before is not None:
            rows = rows.filter(position__lt=before)
        newest_first = rows.order_by("-position").values_list("pk", "position", "role", "text")
        page = list(newest_first[:PAGE])[::-1]
        turns = _turns(page) + turns
        if len(page) < PAGE or is_enough(turns):
            return turns
        before = page[0][1]


def _turns(page: list[tuple[int, int, str, str]]) -> list[Turn]:
    calls: dict[int, list[Call]] = {}
    rows = ToolProposal.unscoped.filter(message__in=[row[0] for row in page]).order_by("pk")
    for message_id, *call in rows.values_list(
        "message_id", "tool_call_id", "tool_name", "arguments", "output"
    ):
        calls.setdefault(message_id, []).append(Call(*call))
    return [Turn(role, text, tuple(calls.get(pk, ()))) for pk, _, role, text in page]
