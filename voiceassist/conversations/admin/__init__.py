"""Conversations in the admin, to read and to stop; people write on the chat page."""

from voiceassist.conversations.admin.conversation import ConversationAdmin

__all__ = ["ConversationAdmin"]
