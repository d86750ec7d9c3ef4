"""What was written and done in a conversation, as the messages that the model reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_CHARACTERS = 200_000
MOST_TURNS = 500
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

    Of a long conversation the newest 500 turns or 200,000 characters are sent, from a message of
    the person on: a call is never without its result.
    """
    sent: list[dict[str, Any]] = []
    if instructions:
        sent.append({"role": "system", "content": instructions})
    start, _ = _beginning(turns)
    for turn in turns[start:]:
        sent += _turn(turn)
    return sent


def is_enough(turns: Sequence[Turn]) -> bool:
    """Return whether the model would read nothing of what was written before these turns."""
    return _beginning(turns)[1]


def _beginning(turns: Sequence[Turn]) -> tuple[int, bool]:
    """Return where what the model reads begins, and whether that is for want of room."""
    room, start = MOST_CHARACTERS, None
    for index in range(len(turns) - 1, -1, -1):
        room -= turns[index].size
        is_full = room < 0 or len(turns) - index > MOST_TURNS
        if is_full and start is not None:
            return start, True
        if turns[index].role == "user":
            start = index
    return start or 0, False


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
    except (ValueError, RecursionError):
        return False
    return True
