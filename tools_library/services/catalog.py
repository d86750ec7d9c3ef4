"""Which tools an assistant has, read once at the start of a call; imports models and executors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools_library.behaviour import DEFAULT, Behaviour
from tools_library.choices import ToolType, TriggerContext
from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.registry import executor_for
from tools_library.engine.types import RunsAt
from tools_library.executors.builtin import of_session
from tools_library.models import AssistantTool, Tool, ToolExecution, ToolVersion
from tools_library.services import assigned, in_use
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.spec import AssistantSpec, ToolsSettings

ALWAYS_ALLOWED = TriggerContext.TEST


@dataclass(frozen=True)
class CatalogTool:
    """One tool as an assistant may call it.

    `definition` is flat, as the Realtime API takes it; `parameters` is its JSON schema.
    `organization_id`, `tool_id` and `version_id` are null for what comes with the platform.
    """

    name: str
    display_name: str
    tool_type: str
    definition: dict[str, Any]
    side_effect: str
    runs_at: RunsAt
    execution_order: int = 0
    organization_id: int | None = None
    tool_id: int | None = None
    version_id: int | None = None
    version: str = ""
    timeout_seconds: int | None = None
    behaviour: Behaviour = DEFAULT
    require_confirmation: bool = False
    configuration: dict[str, Any] = field(default_factory=dict)
    custom_configuration: dict[str, Any] = field(default_factory=dict)
    allowed_contexts: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        schema: dict[str, Any] = self.definition["parameters"]
        return schema

    def allows(self, trigger: str) -> bool:
        """Return whether the tool may run in a context."""
        allowed = self.allowed_contexts
        return not allowed or trigger == ALWAYS_ALLOWED or trigger in allowed


def for_assistant(
    assistant: Assistant,
    *,
    trigger: str = TriggerContext.CALL,
    spec: AssistantSpec | None = None,
) -> tuple[CatalogTool, ...]:
    """Return the tools that an assistant may use in a context, in their order; four queries.

    Each is in the version that is in use, see `in_use`: two queries more where something waits for
    a review.

    Args:
        spec: the published assistant that the call runs on; else its newest, else the draft.
    """
    assignments, newest = assigned.of_assistant(assistant)
    if trigger == TriggerContext.CHAT:
        everywhere, more = assigned.everywhere(assistant, {row.tool_id for row in assignments})
        assignments, newest = assignments + everywhere, newest | more
    used = in_use.versions(assignments, newest)
    listed = [_entry(row.tool, used[row.pk], row) for row in assignments]
    own = [entry for entry in listed if entry is not None and _usable(entry, trigger)]
    return (*own, *_builtins(assistant, trigger, spec))


def for_tool(tool: Tool, assignment: AssistantTool | None = None) -> CatalogTool:
    """Return a tool by itself, in its newest version, such as for a test of it.

    Raises:
        ToolConfigurationError: it has no version, or nothing here runs its type.
    """
    version = assignment.pinned_version if assignment is not None else None
    if version is None:
        version = ToolVersion.objects.of(tool.organization_id).filter(tool=tool).first()
    entry = _entry(tool, version, assignment)
    if entry is None:
        raise ToolConfigurationError(f"{tool} cannot run: save it again, then try once more.")
    return entry


def of_run(execution: ToolExecution) -> CatalogTool | None:
    """Return the tool as a stored run has it; None: it was removed, or nothing here runs it."""
    tool, version = execution.tool, execution.definition
    return None if tool is None else _entry(tool, version, None)


def flat_definition(stored: Mapping[str, Any], name: str, description: str) -> dict[str, Any]:
    """Return a stored definition, nested as in document 002 or flat, in the Realtime form."""
    inner = stored.get("function")
    function = inner if isinstance(inner, Mapping) else stored
    return {
        "type": "function",
        "name": name,
        "description": function.get("description") or description,
        "parameters": function.get("parameters") or {"type": "object", "properties": {}},
    }


def _usable(entry: CatalogTool, trigger: str) -> bool:
    """Return whether a tool works in a context; only in a chat somebody sits at a browser."""
    return entry.allows(trigger) and (entry.runs_at != "browser" or trigger == TriggerContext.CHAT)


def _entry(
    tool: Tool, version: ToolVersion | None, assignment: AssistantTool | None
) -> CatalogTool | None:
    if version is None:
        return None
    try:
        runs_at = executor_for(version.tool_type).runs_at
    except ToolConfigurationError:
        return None
    return CatalogTool(
        name=version.name,
        display_name=tool.display_name,
        tool_type=version.tool_type,
        definition=flat_definition(version.function_definition, version.name, tool.description),
        side_effect=version.side_effect,
        runs_at=runs_at,
        execution_order=assignment.execution_order if assignment else 0,
        organization_id=tool.organization_id,
        tool_id=tool.pk,
        version_id=version.pk,
        version=version.version,
        timeout_seconds=version.timeout_seconds,
        behaviour=Behaviour.model_validate(version.behaviour),
        require_confirmation=version.require_confirmation,
        configuration=version.configuration,
        custom_configuration=assignment.custom_configuration if assignment else {},
        allowed_contexts=tuple(tool.allowed_contexts),
    )


def _builtins(
    assistant: Assistant, trigger: str, spec: AssistantSpec | None
) -> tuple[CatalogTool, ...]:
    """Return what comes with the platform and acts on a live call."""
    if trigger != TriggerContext.CALL:
        return ()
    if spec is None and assistant.published_version is not None:
        spec = assistant.published_version.spec
    language = spec.language if spec else assistant.language
    settings = (
        spec.tools_settings if spec else ToolsSettings.model_validate(assistant.tools_settings)
    )
    return tuple(
        CatalogTool(
            name=tool.name,
            display_name=tool.display_name,
            tool_type=ToolType.BUILTIN,
            definition=tool.definition,
            side_effect=tool.side_effect,
            runs_at="session",
            execution_order=10_000,
            timeout_seconds=tool.seconds,
            behaviour=Behaviour(approval=tool.approval),
        )
        for tool in of_session.offered(settings, language)
    )
