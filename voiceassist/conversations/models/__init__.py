"""Conversations, their messages, runs, tool calls, events and text messages."""

from voiceassist.conversations.models.conversation import Conversation, Message
from voiceassist.conversations.models.event import RunEvent
from voiceassist.conversations.models.proposal import ToolProposal
from voiceassist.conversations.models.run import AgentRun
from voiceassist.conversations.models.texts import IncomingText, OutgoingText

__all__ = [
    "AgentRun", "Conversation", "IncomingText", "Message", "OutgoingText", "RunEvent",
    "ToolProposal",
]  # fmt: skip
