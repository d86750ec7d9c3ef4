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
        page = list(rows.order_by("-position").only("position", "role", "text")[:PAGE])[::-1]
        turns = _turns(page) + turns
        if len(page) < PAGE or is_enough(turns):
            return turns
        before = page[0].position


def _turns(page: list[Message]) -> list[Turn]:
    calls: dict[int, list[Call]] = {}
    rows = ToolProposal.unscoped.filter(message__in=[row.pk for row in page]).order_by("pk")
    for message_id, *call in rows.values_list(
        "message_id", "tool_call_id", "tool_name", "arguments", "output"
    ):
        calls.setdefault(message_id, []).append(Call(*call))
    return [Turn(row.role, row.text, tuple(calls.get(row.pk, ()))) for row in page]
