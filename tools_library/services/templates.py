"""Tools that organizations share, as templates or as they are, and copies of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from tools_library.choices import ToolType
from tools_library.engine.merging import merge
from tools_library.models import Tool
from tools_library.services import validation
from tools_library.services.catalog import flat_definition
from tools_library.services.tools import save_tool
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Organization

_COPIED = (
    "display_name", "description", "tool_type", "side_effect", "behaviour",
    "require_confirmation", "allowed_contexts", "timeout_seconds", "retry_attempts",
)  # fmt: skip
_NAME_MAX = 64


def shared(*, templates: bool = True, public: bool = True) -> QuerySet[Tool]:
    """Return what every organization may read and copy, of all organizations."""
    which = Q(is_template=True) if templates else Q()
    if public:
        which |= Q(is_public=True)
    rows: QuerySet[Tool] = Tool.unscoped.filter(which, archived_at=None, is_active=True)
    return rows.select_related("organization")


def make_from(
    organization: Organization, template: Tool, values: Mapping[str, Any], *, by: Actor | None
) -> Tool:
    """Copy a shared tool: everything but the values of its credentials, which stay where they are.

    Args:
        values: `name` (left out: the template's, with a number where it is taken),
            `display_name`, `description`, and `configuration`, merged over the template's.
        by: whose tool it is; the copy needs a review like any other that they save.

    Raises:
        InvalidInput: names each field that must change.
    """
    copied = {name: getattr(template, name) for name in _COPIED}
    definition = flat_definition(template.function_definition, template.name, "")
    copied["function_definition"] = {
        "description": definition["description"],
        "parameters": definition["parameters"],
    }
    copied["configuration"] = merge(template.configuration, values.get("configuration") or {})
    copied["name"] = values.get("name") or _free_name(organization, template)
    for name in ("display_name", "description"):
        if values.get(name):
            copied[name] = values[name]
    return save_tool(organization, copied, by=by, allow_missing_credentials=True)


def credentials_used(tool: Tool) -> frozenset[str]:
    """Return the names of the credentials that a tool uses, in whatever organization."""
    parameters = flat_definition(tool.function_definition, tool.name, "")["parameters"]
    fixed = tool.behaviour.get("fixed_parameters", {})
    return validation.credentials_named(tool.tool_type, tool.configuration, parameters, fixed)


def _free_name(organization: Organization, template: Tool) -> str:
    """Return the template's name, or `name_2` and so on; what comes built in keeps its own."""
    if template.tool_type == ToolType.BUILTIN:
        return template.name
    rows = Tool.objects.of(organization).filter(archived_at=None)
    taken = set(rows.filter(name__startswith=template.name[:50]).values_list("name", flat=True))
    name, number = template.name, 1
    while name in taken:
        number += 1
        ending = f"_{number}"
        name = template.name[: _NAME_MAX - len(ending)] + ending
    return name
