"""Tools as one JSON bundle that another organization, or server, can take; imports the services.

A bundle names credentials and never holds their values, and says nothing about sharing: whether a
tool is public or a template is for each organization to decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tools_library.choices import ToolType
from tools_library.models import Tool
from tools_library.services import validation
from tools_library.services.templates import credentials_used
from tools_library.services.tools import hold_edits, store_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import credentials

FORMAT = "voiceassist.tools"
VERSION = 1
MOST = 200
FIELDS = (
    "name", "display_name", "description", "tool_type", "configuration", "function_definition",
    "side_effect", "behaviour", "is_active", "require_confirmation", "allowed_contexts",
    "timeout_seconds", "retry_attempts",
)  # fmt: skip
_SHARING = ("is_public", "is_template")
_PARTS = ("format", "version", "credentials", "tools")


@dataclass(frozen=True)
class Taken:
    """What an import did: each tool with `made`, `changed` or `kept`, in the bundle's order."""

    tools: tuple[tuple[Tool, str], ...]
    missing_credentials: tuple[str, ...]


def export(organization: Organization) -> dict[str, Any]:
    """Return the organization's tools as a bundle, by name; archived ones are not in it."""
    tools = Tool.objects.of(organization).filter(archived_at=None).order_by("name")
    return {
        "format": FORMAT,
        "version": VERSION,
        "credentials": sorted({name for tool in tools for name in credentials_used(tool)}),
        "tools": [{name: getattr(tool, name) for name in FIELDS} for tool in tools],
    }


def take(organization: Organization, bundle: Any, *, by: Actor | None) -> Taken:
    """Save the tools of a bundle, all or none.

    A tool whose name the organization has already is replaced: it gets a new version where what
    runs differs, and stays untouched where nothing does. What an entry leaves out gets its default.
    Credentials that are still to be made are no fault; runs fail until they are there.

    Args:
        by: whose tools they are; what needs a review gets it as at any save.

    Raises:
        InvalidInput: names each field that must change, such as `tools.0.configuration.url`.
    """
    entries = _entries(bundle)
    # Judged before the transaction: code is compiled, and others would wait for the locks.
    clean = _judged(organization, entries)
    tools = Tool.objects.of(organization).filter(archived_at=None, name__in=list(clean))
    with transaction.atomic():
        hold_edits(*tools.values_list("pk", flat=True))
        found = {tool.name: tool for tool in tools.all()}
        done = [
            _store(organization, index, values, found.get(name), by)
            for index, (name, values) in enumerate(clean.items())
        ]
    used = {name for tool, _what in done for name in credentials_used(tool)}
    missing = sorted(used - credentials.names(organization.pk))
    return Taken(tuple(done), tuple(missing))


def _entries(bundle: Any) -> Sequence[Any]:
    """Return the tools of a bundle, not judged yet.

    Raises:
        InvalidInput: it is no bundle, one of another form, or too large.
    """
    if not isinstance(bundle, Mapping):
        raise InvalidInput({"tools": 'Write a JSON object: {"tools": […]}.'})
    errors = {
        str(key)[:100]: f"This is not known here; known are {', '.join(_PARTS)}."
        for key in bundle
        if key not in _PARTS
    }
    if bundle.get("format", FORMAT) != FORMAT:
        errors["format"] = f"Write {FORMAT!r}, or leave it out."
    if bundle.get("version", VERSION) != VERSION:
        errors["version"] = f"This server knows version {VERSION} of bundles."
    entries = bundle.get("tools")
    if not isinstance(entries, list) or not entries:
        errors["tools"] = "Write a list of tools."
    elif len(entries) > MOST:
        errors["tools"] = f"Import at most {MOST} tools at once."
    if errors:
        raise InvalidInput(errors)
    return list(entries or ())


def _judged(organization: Organization, entries: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Return name → columns that may be saved, in the bundle's order.

    Raises:
        InvalidInput: by the index of the entry and the path of the field.
    """
    here = {tool.name: tool for tool in Tool.objects.of(organization).filter(archived_at=None)}
    errors: dict[str, str] = {}
    clean: dict[str, dict[str, Any]] = {}
    for index, entry in enumerate(entries):
        try:
            values = _known(entry)
            tool = here.get(_name_of(values))
            columns = validation.clean_tool(
                organization, values, tool, allow_missing_credentials=True
            )
            if columns["name"] in clean:
                raise InvalidInput({"name": "Another tool of this bundle has the same name."})
            clean[columns["name"]] = columns
        except InvalidInput as problem:
            errors |= {_at(index, path): text for path, text in problem.errors.items()}
    if errors:
        raise InvalidInput(errors)
    return clean


def _known(entry: Any) -> Mapping[str, Any]:
    """Return an entry whose fields are all known.

    Raises:
        InvalidInput: names those that are not.
    """
    if not isinstance(entry, Mapping):
        raise InvalidInput({"": "Write a JSON object."})
    if unknown := [str(name)[:100] for name in entry if name not in FIELDS]:
        text = "This is not known here; remove it, or mend its spelling."
        raise InvalidInput(dict.fromkeys(unknown, text))
    return entry


def _name_of(entry: Mapping[str, Any]) -> str:
    """Return the name of an entry's tool; what comes with the platform may leave its own out."""
    own = entry.get("configuration")
    if entry.get("name") or entry.get("tool_type") != ToolType.BUILTIN:
        return str(entry.get("name"))
    return str(own.get("builtin")) if isinstance(own, Mapping) else ""


def _store(
    organization: Organization,
    index: int,
    values: Mapping[str, Any],
    tool: Tool | None,
    by: Actor | None,
) -> tuple[Tool, str]:
    columns = {**values, **{name: getattr(tool, name) for name in _SHARING if tool is not None}}
    if tool is not None and all(getattr(tool, name) == columns[name] for name in columns):
        return tool, "kept"
    what = "made" if tool is None else "changed"
    try:
        return store_tool(organization, columns, by=by, tool=tool), what
    except InvalidInput as problem:  # somebody took the name just now
        raise InvalidInput(
            {_at(index, path): text for path, text in problem.errors.items()}
        ) from None


def _at(index: int, path: str) -> str:
    return f"tools.{index}.{path}".rstrip(".")
