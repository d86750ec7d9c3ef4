"""Which tools an assistant is given, with the newest version of each; imports models.

The queries are put together once: every call and every step of a chat begins with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import OuterRef, Subquery

from tools_library.choices import ToolType
from tools_library.models import AssistantTool, Tool, ToolVersion
from tools_library.services.kept_versions import Key, versions
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.prepared import PreparedQuery, instance

Found = tuple[list[AssistantTool], dict[int, ToolVersion]]
"""Assignments, and the newest version of each tool by the tool's id."""

_ROW = (
    "id", "organization_id", "assistant_id", "tool_id", "custom_configuration", "execution_order",
    "pinned_version_id",
)  # fmt: skip
_TOOL = (
    "id", "organization_id", "name", "display_name", "description", "tool_type", "allowed_contexts",
)  # fmt: skip


def of_assistant(assistant: Assistant) -> Found:
    """Return what is assigned to an assistant and active, in its order."""
    rows, pinned, newest = [], list[Key](), dict[Key, int]()
    for found in _ASSIGNED.all(assistant.organization_id, assistant.pk):
        values = iter(found)
        row = instance(AssistantTool, _ROW, values)
        row.assistant, row.tool = assistant, instance(Tool, _TOOL, values)
        pinned += _key(row.pinned_version_id, next(values))
        newest |= dict.fromkeys(_newest(values), row.tool_id)
        rows.append(row)
    kept = versions([*pinned, *newest])
    for row in rows:
        row.pinned_version = kept.get(row.pinned_version_id or 0)
    return rows, _by_tool(newest, kept)


def everywhere(assistant: Assistant, assigned: Collection[int]) -> Found:
    """Return the browser tools that every assistant has, as if they were assigned.

    Args:
        assigned: ids of tools to leave out.
    """
    rows, newest = [], dict[Key, int]()
    for found in _EVERYWHERE.all(assistant.organization_id):
        values = iter(found)
        tool = instance(Tool, _TOOL, values)
        if tool.pk in assigned:
            continue
        newest |= dict.fromkeys(_newest(values), tool.pk)
        row = AssistantTool(pk=-tool.pk, organization_id=tool.organization_id)
        row.assistant, row.tool = assistant, tool
        rows.append(row)
    return rows, _by_tool(newest, versions(newest))


def _key(pk: int | None, created_at: Any) -> list[Key]:
    return [] if pk is None else [(pk, created_at)]


def _newest(values: Iterator[Any]) -> list[Key]:
    return _key(next(values), next(values))


def _by_tool(newest: Mapping[Key, int], kept: Mapping[int, ToolVersion]) -> dict[int, ToolVersion]:
    return {tool_id: kept[pk] for (pk, _), tool_id in newest.items() if pk in kept}


def _of_newest(tool: str) -> list[Subquery]:
    """Return the newest version's id and when it was made."""
    rows = ToolVersion.unscoped.filter(tool=OuterRef(tool)).order_by("-id")
    return [Subquery(rows.values(name)[:1]) for name in ("id", "created_at")]


_ASSIGNED = PreparedQuery(
    AssistantTool,
    ["organization_id", "assistant_id"],
    lambda organization_id, assistant_id: (
        AssistantTool.unscoped.filter(
            organization_id=organization_id,
            assistant_id=assistant_id,
            enabled=True,
            tool__is_active=True,
            tool__archived_at__isnull=True,
        )
        .order_by("execution_order", "id")
        .values_list(
            *_ROW,
            *(f"tool__{name}" for name in _TOOL),
            "pinned_version__created_at",
            *_of_newest("tool"),
        )
    ),
)

_EVERYWHERE = PreparedQuery(
    Tool,
    ["organization_id"],
    lambda organization_id: (
        Tool.unscoped.filter(
            organization_id=organization_id,
            tool_type=ToolType.FRONTEND,
            configuration__everywhere=True,
            is_active=True,
            archived_at__isnull=True,
        )
        .order_by("name")
        .values_list(*_TOOL, *_of_newest("pk"))
    ),
)
