"""What AG-UI clients send, judged before anything is done; imports the engine's schemas."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools_library.engine import schema
from tools_library.services.validation import NAME
from voiceassist.conversations.api.reading_bodies import objects, text
from voiceassist.conversations.services.starting import CLIENT_ID_MAX, THREAD_ID, THREAD_ID_RULE
from voiceassist.foundation.errors import InvalidInput

MOST_TOOLS = 64
DESCRIPTION_MAX = 4_000
_TOOL = ("name", "description", "parameters")


@dataclass(frozen=True)
class RunInput:
    """What a client sends, as far as it counts here."""

    thread_id: str
    run_id: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    resume: list[dict[str, Any]]
    context: list[dict[str, Any]]

    def answers(self, waiting: Collection[str]) -> list[dict[str, Any]]:
        """Return the messages that answer one of these calls; others repeat what is known."""
        found = [each for each in self.messages if each.get("role") == "tool"]
        return [
            each
            for each in found
            if isinstance(each.get("toolCallId"), str) and each["toolCallId"] in waiting
        ]

    def newest(self) -> list[dict[str, Any]]:
        """Return what the person wrote after the agent's last words, the newest first."""
        after = itertools.takewhile(
            lambda each: each.get("role") not in ("assistant", "tool"), reversed(self.messages)
        )
        return [each for each in after if each.get("role") == "user"]


def read(body: Mapping[str, Any]) -> RunInput:
    """Return what a request says.

    Raises:
        InvalidInput: names each field that must change.
    """
    thread_id, tools = text(body, "threadId"), objects(body, "tools")
    if not THREAD_ID.fullmatch(thread_id):
        raise InvalidInput({"threadId": THREAD_ID_RULE})
    if len(tools) > MOST_TOOLS:
        raise InvalidInput({"tools": f"Bring {MOST_TOOLS} tools at most."})
    faults = dict(fault for index, tool in enumerate(tools) for fault in _faults(index, tool))
    if faults:
        raise InvalidInput(faults)
    return RunInput(
        thread_id,
        text(body, "runId"),
        objects(body, "messages"),
        [{key: tool[key] for key in _TOOL if tool.get(key) is not None} for tool in tools],
        objects(body, "resume"),
        objects(body, "context"),
    )


def words_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, of its parts where it has some."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"]
        for part in parts
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    )


def id_of(message: Mapping[str, Any]) -> str:
    """Return what a client calls a message, as far as it is kept."""
    return str(message.get("id") or "")[:CLIENT_ID_MAX]


def _faults(index: int, tool: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield field and fault of a tool that no model could be told of."""
    name, described = tool.get("name"), tool.get("description")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield f"tools.{index}.name", "Name the tool with 1 to 64 letters, digits, _ or -."
    if described is not None and not isinstance(described, str):
        yield f"tools.{index}.description", "Write text here."
    elif described and len(described) > DESCRIPTION_MAX:
        yield f"tools.{index}.description", f"Write at most {DESCRIPTION_MAX:,} characters."
    if tool.get("parameters"):
        for path, fault in schema.problems_of(tool["parameters"]):
            yield ".".join(filter(None, (f"tools.{index}.parameters", path))), fault
