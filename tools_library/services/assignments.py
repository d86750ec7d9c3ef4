"""Giving tools to assistants; imports models and validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from tools_library.approvals import reviews
from tools_library.engine.cleaning import clean_text
from tools_library.models import AssistantTool, Tool, ToolVersion
from tools_library.services import validation
from tools_library.services.catalog import flat_definition
from tools_library.services.running import merged_configuration
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events import hold_order
from voiceassist.organizations.current import Actor

_FIELDS = ("enabled", "custom_configuration", "execution_order", "pinned_version")
_ORDERS = range(-10_000, 10_000)


def assign(assistant: Assistant, tool: Tool, *, by: Actor | None, **values: Any) -> AssistantTool:
    """Give a tool to an assistant; where it has it already, change how.

    Args:
        by: the person or API key, whose role decides whether an own configuration needs a review;
            None: the platform itself.
        values: `enabled`, `custom_configuration`, `execution_order`, `pinned_version` (its
            text, such as `1.0.2`, a ToolVersion, or None for the newest).

    Raises:
        InvalidInput: names each field that must change.
    """
    if tool.organization_id != assistant.organization_id or tool.archived_at is not None:
        raise InvalidInput({"tool": "The organization has no such tool."})
    existing = AssistantTool.objects.of(assistant.organization_id).filter(
        assistant=assistant, tool=tool
    )
    row = existing.first() or AssistantTool(
        organization_id=assistant.organization_id, assistant=assistant, tool=tool
    )
    try:
        return configure(row, by=by, **values)
    except IntegrityError:  # somebody gave it to the assistant just now
        return configure(existing.get(), by=by, **values)


def configure(row: AssistantTool, *, by: Actor | None, **values: Any) -> AssistantTool:
    """Change how an assistant uses a tool; fields that are not named stay as they are.

    Raises:
        InvalidInput: names each field that must change.
    """
    unknown = set(values) - set(_FIELDS)
    errors = dict.fromkeys(unknown, "This is not known here.")
    if "pinned_version" in values:
        values["pinned_version"] = _pinned(row.tool, values["pinned_version"], errors)
    for name in _FIELDS:
        if name in values:
            setattr(row, name, values[name])
    errors |= _problems(row)
    if errors:
        raise InvalidInput(errors)
    with transaction.atomic():
        hold_order(row.organization_id)  # before the row: the review that follows is recorded
        row.save()
        reviews.configured(row, by)
    return row


def unassign(assistant: Assistant, tool: Tool) -> bool:
    """Take a tool from an assistant; return whether it had it."""
    rows = AssistantTool.objects.of(assistant.organization_id)
    deleted, _ = rows.filter(assistant=assistant, tool=tool).delete()
    return deleted > 0


def _pinned(tool: Tool, given: Any, errors: dict[str, str]) -> ToolVersion | None:
    if given is None or given == "":
        return None
    versions = ToolVersion.objects.of(tool.organization_id).filter(tool=tool)
    text = given.version if isinstance(given, ToolVersion) else clean_text(str(given))
    found: ToolVersion | None = versions.filter(version=text).first()
    if found is None:
        errors["pinned_version"] = f"{tool} has no version {text[:20]}."
    return found


def _problems(row: AssistantTool) -> dict[str, str]:
    errors = {}
    if not isinstance(row.enabled, bool):
        errors["enabled"] = "Write true or false."
    if isinstance(row.execution_order, bool) or row.execution_order not in _ORDERS:
        errors["execution_order"] = "Write a whole number from -10000 to 9999."
    custom = row.custom_configuration
    if not isinstance(custom, Mapping):
        return {**errors, "custom_configuration": "Write a JSON object; empty changes nothing."}
    return errors | _configuration_problems(row, custom)


def _configuration_problems(row: AssistantTool, custom: Mapping[str, Any]) -> dict[str, str]:
    """Judge the tool's configuration with the assistant's part merged in, as it will run."""
    if not custom:
        return {}
    runs = row.pinned_version or row.tool
    merged = merged_configuration(runs.configuration, custom)
    timeout = merged.pop("timeout", None)
    errors = {}
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int) or not 1 <= timeout <= 900
    ):
        errors["custom_configuration.timeout"] = "Write whole seconds from 1 to 900."
    parameters = flat_definition(runs.function_definition, runs.name, "")["parameters"]
    fixed = runs.behaviour.get("fixed_parameters", {})
    found = validation.check_configuration(
        row.organization_id, runs.tool_type, merged, parameters, fixed
    )
    return errors | {
        path.replace("configuration", "custom_configuration", 1): text
        for path, text in found.items()
    }
