"""A conversation's row, locked, and the messages in it; imports models."""

from __future__ import annotations

from tools_library.engine.cleaning import clean_text
from voiceassist.conversations.choices import Role
from voiceassist.conversations.models import AgentRun, Conversation, Message
from voiceassist.conversations.services import rows
from voiceassist.foundation import written


def lock(conversation_id: int) -> Conversation:
    """Return the row, locked until the transaction ends: whoever changes a conversation does so.

    `no_key`: rows that only point at it, as pieces of text do, are written meanwhile.

    Raises:
        Conversation.DoesNotExist: it was deleted.
    """
    return rows.locked_conversation(conversation_id)


def save(locked: Conversation) -> None:
    """Store what runs change of a locked conversation."""
    written.update(locked, _CHANGED)


_CHANGED = (
    "agent_state", "pending_frontend_tools", "message_count", "last_seq", "reserved_seq",
    "updated_at",
)  # fmt: skip


def write(
    locked: Conversation, run: AgentRun, role: Role, text: str, client_id: str = ""
) -> Message:
    """Add a message at the end of a locked conversation, which the caller saves.

    Args:
        client_id: what a client calls it.
    """
    message = Message(
        organization_id=locked.organization_id,
        conversation=locked,
        run=run,
        position=locked.message_count,
        role=role,
        text=clean_text(text),
        client_id=client_id[:100],
    )
    written.insert([message])
    locked.message_count += 1
    return message
