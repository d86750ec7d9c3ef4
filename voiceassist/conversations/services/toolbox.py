"""The tools of a run: its assistant's or Python agent's, then its client's; imports the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools_library.choices import SideEffect, ToolType
from tools_library.services import catalog
from tools_library.services.catalog import CatalogTool
from voiceassist.conversations.models import AgentRun, Conversation
from voiceassist.conversations.services import python_agents


def tools_of(run: AgentRun, conversation: Conversation) -> list[CatalogTool]:
    """Return what the model may call in a run, in order; the client's own tools come last.

    Names are unique: of two the first one counts.
    """
    listed: list[CatalogTool] = []
    version, agent = run.assistant_version, python_agents.find(conversation.agent_class_name)
    if conversation.assistant is not None and version is not None:
        listed += catalog.for_assistant(
            conversation.assistant, trigger=conversation.channel, spec=version.spec
        )
    elif conversation.assistant is None and agent is not None:
        listed += python_agents.tools_of(agent)
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
