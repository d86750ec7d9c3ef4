"""What was written and done in a conversation, as the messages that the model reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_CHARACTERS = 200_000
_UNREADABLE = "{}"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call with its result; `arguments` is the model's own text."""

    tool_call_id: str
    name: str
    arguments: str
    output: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A message; the assistant's may have calls, in the order in which it proposed them."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()

    @property
    def size(self) -> int:
        """Characters that the model reads."""
        called = sum(len(call.arguments) + len(call.output) for call in self.calls)
        return len(self.text) + called


def messages(instructions: str, turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return the messages of a Chat Completions request.

    Of a long conversation the newest 200,000 characters are sent, from a message of the person on.
    """
    sent: list[dict[str, Any]] = []
    if instructions:
        sent.append({"role": "system", "content": instructions})
    for turn in _recent(turns):
        sent += _turn(turn)
    return sent


def _recent(turns: Sequence[Turn]) -> Sequence[Turn]:
    room, start = MOST_CHARACTERS, len(turns)
    for index in range(len(turns) - 1, -1, -1):
        room -= turns[index].size
        if room < 0 and start < len(turns):
            break
        if turns[index].role == "user":
            start = index
    return turns[start:] if start < len(turns) else turns


def _turn(turn: Turn) -> list[dict[str, Any]]:
    if turn.role == "user":
        return [{"role": "user", "content": turn.text}]
    said: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if not turn.calls:
        return [said] if turn.text else []
    said["tool_calls"] = [_call(call) for call in turn.calls]
    results = [
        {"role": "tool", "tool_call_id": call.tool_call_id, "content": call.output}
        for call in turn.calls
    ]
    return [said, *results]


def _call(call: Call) -> dict[str, Any]:
    arguments = call.arguments if _is_json(call.arguments) else _UNREADABLE
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.tool_call_id, "type": "function", "function": function}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
