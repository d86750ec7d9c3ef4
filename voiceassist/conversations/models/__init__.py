"""Conversations, their messages, runs, tool calls and events."""

from voiceassist.conversations.models.conversation import Conversation, Message
from voiceassist.conversations.models.event import RunEvent
from voiceassist.conversations.models.proposal import ToolProposal
from voiceassist.conversations.models.run import AgentRun

__all__ = ["AgentRun", "Conversation", "Message", "RunEvent", "ToolProposal"]
