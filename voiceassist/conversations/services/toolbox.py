"""The tools of a run: the assistant's, and those that its client brought; imports the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools_library.choices import SideEffect, ToolType
from tools_library.services import catalog
from tools_library.services.catalog import CatalogTool
from voiceassist.assistants.spec import AssistantSpec
from voiceassist.conversations.models import AgentRun, Conversation


def tools_of(run: AgentRun, conversation: Conversation, spec: AssistantSpec) -> list[CatalogTool]:
    """Return what the model may call in a run, in order; the client's own tools come last.

    Names are unique: of two the first one counts.
    """
    listed: list[CatalogTool] = []
    if conversation.assistant is not None:
        channel = conversation.channel
        listed += catalog.for_assistant(conversation.assistant, trigger=channel, spec=spec)
    listed += [_brought(each) for each in run.client_tools]
    first: dict[str, CatalogTool] = {}
    for tool in listed:
        first.setdefault(tool.name, tool)
    return list(first.values())


def definitions(tools: Iterable[CatalogTool]) -> list[dict[str, Any]]:
    """Return the tools as Chat Completions takes them."""
    return [
        {
            "type": "function",
            "function": {key: tool.definition[key] for key in _FUNCTION},
        }
        for tool in tools
    ]


_FUNCTION = ("name", "description", "parameters")


def _brought(tool: dict[str, Any]) -> CatalogTool:
    definition = {
        "type": "function",
        "name": tool["name"],
        "description": tool.get("description", ""),
        "parameters": tool.get("parameters") or {"type": "object", "properties": {}},
    }
    return CatalogTool(
        name=tool["name"],
        display_name=tool["name"],
        tool_type=ToolType.FRONTEND,
        definition=definition,
        side_effect=SideEffect.WRITE,
        runs_at="browser",
    )
