"""Which tools use a credential, in whatever version runs; imports models and what is in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from tools_library.choices import FINAL_STATUSES
from tools_library.engine import templating
from tools_library.engine.errors import ToolConfigurationError
from tools_library.models import AssistantTool, Tool, ToolExecution, ToolVersion
from tools_library.services import in_use
from voiceassist.organizations.services import credentials


def dependents(organization_id: int, name: str) -> list[credentials.Dependent]:
    """Return the tools that name a credential: as they are saved, or in what still runs of them.

    That is also each version that is pinned or stays in use until a newer one is approved, what
    assistants configure, and the versions of runs that have not ended.
    """
    tools = {tool.pk: tool for tool in Tool.objects.of(organization_id).filter(archived_at=None)}
    rows = list(
        AssistantTool.objects.of(organization_id)
        .filter(tool__in=tools.values())
        .select_related("pinned_version")
    )
    found: dict[int, str] = {}
    for tool in tools.values():
        if name in _words(tool.configuration) or name in _words(tool.behaviour):
            found[tool.pk] = str(tool)
    for row in rows:
        if name in _words(row.custom_configuration):
            found.setdefault(row.tool_id, str(tools[row.tool_id]))
    for version in _in_use(list(tools.values()), rows):
        if _names(version, name):
            words = f"{tools[version.tool_id]} (version {version.version}, which is still in use)"
            found.setdefault(version.tool_id, words)
    for custom, version in _open_runs(organization_id):
        if name in _words(custom) or _names(version, name):
            words = f"{version.tool} (version {version.version}, of which a run is open)"
            found.setdefault(version.tool_id, words)
    return [credentials.Dependent("tool", pk, words) for pk, words in found.items()]


def _in_use(tools: list[Tool], rows: list[AssistantTool]) -> list[ToolVersion]:
    """Return the versions that assistants use, and those of tools that none configures."""
    plain = [
        AssistantTool(pk=-tool.pk, organization_id=tool.organization_id, tool=tool)
        for tool in tools
    ]
    return [version for version in in_use.versions([*rows, *plain]).values() if version is not None]


def _open_runs(organization_id: int) -> Iterator[tuple[dict[str, Any], ToolVersion]]:
    """Return what assistants configured, and the version, of each run that has not ended."""
    rows = ToolExecution.objects.of(organization_id).exclude(status__in=FINAL_STATUSES)
    wanted = ("custom_configuration", "definition")
    for run in rows.select_related("definition__tool").only(*wanted).iterator():
        if run.definition is not None:
            yield run.custom_configuration, run.definition


def _names(version: ToolVersion, name: str) -> bool:
    return name in _words(version.configuration) or name in _words(version.behaviour)


def _words(configuration: Any) -> set[str]:
    """Return every whole text in a configuration, and every name inside `${}`."""
    words = set(templating.texts_in(configuration))
    for text in templating.texts_in(configuration, keys=True):
        with suppress(ToolConfigurationError):  # a program may hold what is no template
            words |= {each.partition(".")[0] for each in templating.names_in(text)}
    return words
