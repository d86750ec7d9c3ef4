"""A model whose steps the test writes, and a reader that waits until a conversation rests."""

import asyncio
import json

from voiceassist.conversations.services import following
from voiceassist.foundation.providers.chat import AssembledToolCall, Finished, TextDelta


def call(name, arguments=None, call_id=""):
    """Return a tool call of the model."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return AssembledToolCall(call_id or f"call_{name}", name, text)


class ScriptedModel:
    """Gives its steps one after the other; keeps the requests."""

    def __init__(self):
        self.steps = []
        self.requests = []

    def says(self, *parts):
        """Add a step: text in pieces, calls, or an error to raise."""
        self.steps.append(parts)

    async def stream(self, request, *, timeout_s):
        """Serve as `chat.stream`."""
        self.requests.append(request)
        parts = self.steps.pop(0)
        text, calls = [], []
        for part in parts:
            await asyncio.sleep(0)
            if isinstance(part, Exception):
                raise part
            if isinstance(part, asyncio.Event):
                await part.wait()
            elif isinstance(part, str):
                text.append(part)
                yield TextDelta(part)
            else:
                calls.append(part)
        yield Finished("".join(text), tuple(calls), "stop", {"total_tokens": 7})


async def until_rest(conversation, after=0):
    """Return the events after a number until nothing more comes by itself."""
    async with asyncio.timeout(60):
        return [
            each async for each in following.follow(conversation.pk, after, to_rest=True) if each
        ]


def kinds(frames):
    """Return the events' types, runs of text counted once."""
    seen = []
    for frame in frames:
        if not (frame.type == "text_delta" and seen and seen[-1] == "text_delta"):
            seen.append(frame.type)
    return seen
