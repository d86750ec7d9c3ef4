"""Browser tools as pages and programs register them; imports the services that save tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from tools_library.approvals.hashing import schema_hash
from tools_library.choices import SideEffect, ToolType
from tools_library.engine import schema
from tools_library.engine.errors import ToolError
from tools_library.models import AssistantTool, Tool
from tools_library.services import assignments, locks
from tools_library.services.catalog import flat_definition
from tools_library.services.tools import save_tool
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Organization

_KNOWN = frozenset(
    {"name", "description", "input_schema", "frontend_resolved", "requires_approval",
     "timeout_s", "metadata", "display_name"}
)  # fmt: skip
_DEFINED = (
    "description", "input_schema", "frontend_resolved", "requires_approval", "timeout_s",
    "metadata",
)  # fmt: skip


class NameTaken(VoiceAssistError):
    """A tool that is not the client's has this name."""

    code = "name_taken"


@dataclass(frozen=True)
class Registered:
    """A browser tool, and whether it was there already, just so."""

    tool: Tool
    existed: bool


@dataclass(frozen=True)
class Checked:
    """Whether arguments fit a browser tool, and what they are with its defaults."""

    arguments: dict[str, Any]
    errors: tuple[dict[str, str], ...] = ()


def register(
    organization: Organization,
    given: Mapping[str, Any],
    assistant: Assistant | None,
    *,
    by: Actor | None,
) -> Registered:
    """Make a browser tool, or change the one of this name.

    Args:
        given: document 004's `tool`: `name`, `description`, `input_schema`, `frontend_resolved`,
            `metadata` (`requires_user_interaction` in it counts), `requires_approval`, `timeout_s`.
        assistant: the only one to have it; None: all of the organization's.

    Raises:
        InvalidInput: names each field that must change, as `tool.input_schema`.
        NameTaken: a tool of another kind has the name, or other assistants' tool with another
            definition.
    """
    values = _values(given, everywhere=assistant is None)
    try:
        with transaction.atomic():
            # Every page of a site may bring the same tool along, at the same moment.
            locks.hold(f"browser tools:{organization.pk}")
            return _registered(organization, values, assistant, by)
    except InvalidInput as error:
        raise InvalidInput(_as_sent(error.errors)) from None


def give(tool: Tool, assistant: Assistant, *, by: Actor | None) -> bool:
    """Let an assistant use a browser tool; return False where it may already."""
    rows = AssistantTool.objects.of(assistant.organization_id)
    if rows.filter(assistant=assistant, tool=tool, enabled=True).exists():
        return False
    assignments.assign(assistant, tool, by=by, enabled=True)
    return True


def listed(organization: Organization, assistant: Assistant | None) -> QuerySet[Tool]:
    """Return the browser tools of everybody, and those of one assistant; None: of each."""
    rows: QuerySet[Tool] = Tool.objects.of(organization).filter(
        archived_at=None, tool_type=ToolType.FRONTEND
    )
    if assistant is None:
        return rows
    given = AssistantTool.objects.of(organization).filter(assistant=assistant, enabled=True)
    return rows.filter(Q(configuration__everywhere=True) | Q(pk__in=given.values("tool_id")))


def check(tool: Tool, arguments: Mapping[str, Any]) -> Checked:
    """Return whether arguments fit, with the schema's defaults filled in; nothing happens."""
    parameters = parameters_of(tool)
    try:
        filled = schema.with_defaults(parameters, schema.parse_arguments(arguments))
    except ToolError as error:
        return Checked({}, ({"path": "", "message": error.public_message},))
    errors = tuple(
        {"path": path, "message": text} for path, text in schema.misfits(parameters, filled)
    )
    return Checked(filled, errors)


def shown(tool: Tool) -> dict[str, Any]:
    """Return a browser tool as document 004 has it, and more."""
    parameters = parameters_of(tool)
    return {
        "id": tool.pk,
        "name": tool.name,
        "description": tool.description,
        "input_schema": parameters,
        "schema_hash": schema_hash(parameters),
        "frontend_resolved": tool.configuration.get("frontend_resolved", True),
        "requires_approval": tool.require_confirmation,
        "timeout_s": tool.timeout_seconds,
        "metadata": {
            **tool.configuration.get("metadata", {}),
            "requires_user_interaction": tool.configuration.get("requires_user_interaction", False),
        },
        "everywhere": bool(tool.configuration.get("everywhere")),
        "version": tool.version,
    }


def parameters_of(tool: Tool) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments."""
    definition = flat_definition(tool.function_definition, tool.name, tool.description)
    parameters: dict[str, Any] = definition["parameters"]
    return parameters


def _registered(
    organization: Organization,
    values: dict[str, Any],
    assistant: Assistant | None,
    by: Actor | None,
) -> Registered:
    rows = Tool.objects.of(organization).filter(archived_at=None, name=values["name"])
    existing: Tool | None = rows.first()
    if existing is not None and existing.tool_type != ToolType.FRONTEND:
        raise NameTaken(
            f"{organization.name} has a tool called {existing.name!r} of another kind. Choose "
            "another name."
        )
    before, defined = "", None
    if existing is not None:
        before, values = existing.version, _kept(existing, values)
        defined = _definition(existing) if _is_of_others(existing, assistant) else None
    tool = save_tool(organization, values, by=by, tool=existing)
    if defined is not None and _definition(tool) != defined:
        raise NameTaken(
            f"Another agent has a browser tool called {tool.name!r} with another definition. "
            "Choose another name, or register it with that definition."
        )
    given_anew = assistant is not None and give(tool, assistant, by=by)
    return Registered(tool, existed=tool.version == before and not given_anew)


def _values(given: Mapping[str, Any], *, everywhere: bool) -> dict[str, Any]:
    errors = {f"tool.{name}": "This is not known here." for name in set(given) - _KNOWN}
    metadata = given.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        errors["tool.metadata"], metadata = "Write an object here.", {}
    if not isinstance(given.get("name"), str) or not given["name"]:
        errors["tool.name"] = "Give the tool a name, such as show_notification."
    if errors:
        raise InvalidInput(errors)
    name = given["name"]
    metadata = {key: each for key, each in metadata.items() if key != "requires_user_interaction"}
    configuration: dict[str, Any] = {
        "type": ToolType.FRONTEND.value,
        "everywhere": everywhere,
        "requires_user_interaction": bool(
            (given.get("metadata") or {}).get("requires_user_interaction")
        ),
    }
    if metadata:
        configuration["metadata"] = metadata
    if given.get("frontend_resolved") is False:
        configuration["frontend_resolved"] = False
    return {
        "name": name,
        "display_name": given.get("display_name") or name.replace("_", " ").capitalize(),
        "description": given.get("description") or "",
        "tool_type": ToolType.FRONTEND,
        "side_effect": SideEffect.WRITE,
        "configuration": configuration,
        "function_definition": given.get("input_schema") or {"type": "object", "properties": {}},
        "timeout_seconds": given.get("timeout_s"),
        "require_confirmation": given.get("requires_approval") is True,
        "is_active": True,
    }


def _kept(existing: Tool, values: dict[str, Any]) -> dict[str, Any]:
    """Keep a tool everywhere that was so, when one assistant's page registers it again."""
    everywhere = values["configuration"]["everywhere"] or existing.configuration.get("everywhere")
    configuration = {**values["configuration"], "everywhere": bool(everywhere)}
    return {**values, "configuration": configuration, "display_name": existing.display_name}


def _is_of_others(tool: Tool, assistant: Assistant | None) -> bool:
    """Return whether only other assistants were given a tool."""
    if tool.configuration.get("everywhere"):
        return False
    rows = AssistantTool.objects.of(tool.organization_id).filter(tool=tool)
    owners = set(rows.values_list("assistant_id", flat=True))
    return bool(owners) and (assistant is None or assistant.pk not in owners)


def _definition(tool: Tool) -> dict[str, Any]:
    """Return what a tool is, whoever has it."""
    told = shown(tool)
    return {name: told[name] for name in _DEFINED}


def _as_sent(errors: Mapping[str, str]) -> dict[str, str]:
    """Return errors under the names that the client sent."""
    names = {"function_definition": "input_schema", "timeout_seconds": "timeout_s"}
    sent = {}
    for path, message in errors.items():
        first, dot, rest = path.partition(".")
        sent[f"tool.{names.get(first, first)}{dot}{rest}"] = message
    return sent
