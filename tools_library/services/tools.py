"""Saving and archiving tools; each save that changes what runs makes a new immutable version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from tools_library.approvals import grants, reviews
from tools_library.approvals.hashing import schema_hash
from tools_library.models import Tool, ToolVersion
from tools_library.services import locks, validation
from tools_library.services.catalog import flat_definition
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events import hold_order
from voiceassist.organizations.current import Actor, person_of
from voiceassist.organizations.models import Organization

FIRST_VERSION = "1.0.0"

_RUNS = (
    "name", "tool_type", "configuration", "function_definition", "side_effect",
    "timeout_seconds", "retry_attempts", "behaviour", "require_confirmation",
)  # fmt: skip
_KEPT = (
    "display_name", "description", "is_active", "allowed_contexts",
    "is_public", "is_template",
)  # fmt: skip

_SAVED = (*_RUNS, *_KEPT, "version", "updated_at")


def save_tool(
    organization: Organization,
    values: Mapping[str, Any],
    *,
    by: Actor | None,
    tool: Tool | None = None,
    allow_missing_credentials: bool = False,
) -> Tool:
    """Make a tool, or change one; fields that `values` does not name stay as they are.

    Args:
        values: columns of `tools` by name; `configuration` in the shape of its type,
            `function_definition` nested as in document 002, flat, or a bare parameters schema.
        by: the person or API key, whose role decides whether the version needs a review; None:
            the platform itself.
        allow_missing_credentials: a copy of a template may name credentials that are still to be
            made; its runs fail until then.

    Raises:
        InvalidInput: names each field that must change, such as `configuration.url`.
    """
    clean = judged(organization, values, tool, allow_missing_credentials=allow_missing_credentials)
    return store_tool(organization, clean, by=by, tool=tool)


def judged(
    organization: Organization,
    values: Mapping[str, Any],
    tool: Tool | None,
    *,
    allow_missing_credentials: bool = False,
) -> dict[str, Any]:
    """Return what `save_tool` would store; may take seconds, for code is compiled.

    Whoever saves several tools at once judges all before the first is stored: from then on the
    organization's runs wait for the end of the transaction.

    Raises:
        InvalidInput: as `save_tool`.
    """
    merged = {**_current(tool), **values}
    if "function_definition" not in values:
        merged["function_definition"] = _own_definition(tool)
    return validation.clean_tool(
        organization, merged, tool, allow_missing_credentials=allow_missing_credentials
    )


def store_tool(
    organization: Organization, clean: Mapping[str, Any], *, by: Actor | None, tool: Tool | None
) -> Tool:
    """Write the columns of a tool that `validation.clean_tool` passed.

    Raises:
        InvalidInput: somebody has taken its name meanwhile.
    """
    row = tool or Tool(organization=organization, user=person_of(by))
    for name in (*_RUNS, *_KEPT):
        setattr(row, name, clean[name])
    try:
        with transaction.atomic():
            # Before the row: the review that follows is recorded. Whoever saves the same tool at
            # this moment waits here, so that each finds the other's version.
            hold_order(organization.pk)
            newest = ToolVersion.unscoped.filter(tool=row).first() if row.pk else None
            changed = newest is None or any(getattr(newest, name) != clean[name] for name in _RUNS)
            row.version = _after(newest) if newest is None or changed else newest.version
            # Only these: what counts runs may change its columns at the same moment.
            row.save(update_fields=_SAVED if row.pk else None)
            if changed:
                _publish(row, by)
    except IntegrityError:
        raise InvalidInput({"name": validation.TAKEN.format(name=row.name)}) from None
    return row


def hold_edits(*tool_ids: int) -> None:
    """Let edits of these tools that begin from what is stored follow one another.

    Until the transaction ends. No lock of rows: who saves holds the events' order before rows, and
    an edit is judged, which may take seconds, before it holds that.
    """
    locks.hold(*(f"tool:{tool_id}" for tool_id in tool_ids))


def archive_tool(tool: Tool) -> None:
    """Take a tool out of use: assistants lose it, its name is free again, its runs stay."""
    tool.archived_at = tool.archived_at or timezone.now()
    tool.save(update_fields=["archived_at", "updated_at"])


def _current(tool: Tool | None) -> dict[str, Any]:
    if tool is None:
        return {}
    return {name: getattr(tool, name) for name in (*_RUNS, *_KEPT)}


def _own_definition(tool: Tool | None) -> Any:
    """Return the stored definition without what is the tool's and may be what changes.

    That is the name, and the description where the model is told no other one.
    """
    if tool is None:
        return None
    function = tool.function_definition.get("function")
    if not isinstance(function, Mapping):
        return tool.function_definition
    return {
        name: value
        for name, value in function.items()
        if name != "name" and (name, value) != ("description", tool.description)
    }


def _after(newest: ToolVersion | None) -> str:
    """Return the version after the newest: the last of its three numbers grows."""
    if newest is None:
        return FIRST_VERSION
    head, _, last = newest.version.rpartition(".")
    return f"{head}.{int(last) + 1}"


def _publish(tool: Tool, by: Actor | None) -> None:
    """Make a version, which may need a review; grants of another schema end."""
    version = ToolVersion(
        organization_id=tool.organization_id,
        tool=tool,
        version=tool.version,
        created_by=person_of(by),
        **{name: getattr(tool, name) for name in _RUNS},
    )
    version.save()
    reviews.saved(version, by)
    parameters = flat_definition(version.function_definition, version.name, "")["parameters"]
    grants.end_outdated(tool.organization_id, tool.pk, schema_hash(parameters))
