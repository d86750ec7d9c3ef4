"""Chat Completions: one streamed step of a model, from OpenAI or any server that speaks like it.

`stream(ChatRequest(...), timeout_s=...)` yields `TextDelta`s as they arrive and one `Finished` at
the end, or raises `ChatError`. Close it when you leave early: `contextlib.aclosing(stream(...))`.
"""

from voiceassist.foundation.providers.chat.clients import close, warm
from voiceassist.foundation.providers.chat.errors import ChatError
from voiceassist.foundation.providers.chat.streaming import stream
from voiceassist.foundation.providers.chat.types import (
    AssembledToolCall,
    ChatRequest,
    Finished,
    TextDelta,
)

__all__ = [
    "AssembledToolCall",
    "ChatError",
    "ChatRequest",
    "Finished",
    "TextDelta",
    "close",
    "stream",
    "warm",
]
