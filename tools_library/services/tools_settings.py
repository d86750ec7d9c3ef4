"""Document 002's `tools_settings` of an assistant over its rows; imports models and services.

What acts on a call (`end_call`, `transfer_call`, `enabled_tools`, and who must say yes to it,
`approval`) is in the assistant's draft;
`custom_tools` are tools of the organization that the assistant has. Keys of the older form
(`endCall`, `transferCall`, `tools`) are understood too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tools_library.executors.builtin import end_call, transfer_call
from tools_library.models import AssistantTool, Tool
from tools_library.services import assignments, tools
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services import drafts
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import Actor

_OLD_NAMES = {"endCall": "end_call", "transferCall": "transfer_call", "tools": "custom_tools"}
_SWITCHES = {"end_call": end_call.NAME, "transfer_call": transfer_call.NAME}
_PARTS = ("enabled_tools", "end_call", "transfer_call", "approval", "custom_tools")
_OF_TOOL = (
    "name", "display_name", "description", "tool_type", "configuration", "function_definition",
    "side_effect", "behaviour", "require_confirmation", "allowed_contexts", "timeout_seconds",
    "retry_attempts", "is_active",
)  # fmt: skip
_OF_ASSIGNMENT = ("enabled", "custom_configuration", "execution_order")


@dataclass(frozen=True)
class Done:
    """What writing did to one thing: `made`, `changed` or `kept`."""

    kind: str  # setting or tool
    name: str
    what: str


def read(assistant: Assistant) -> dict[str, Any]:
    """Return the settings as the document has them; what is stored now, published or not.

    `approval`, which the document does not know, is there where somebody must say yes.
    """
    spec = drafts.check(assistant).tools_settings.model_dump(mode="json")
    if not spec["approval"]:
        del spec["approval"]
    rows = AssistantTool.objects.of(assistant.organization_id).filter(
        assistant=assistant, tool__archived_at__isnull=True
    )
    return spec | {"custom_tools": [_entry(row) for row in rows.select_related("tool")]}


@dataclass(frozen=True)
class _Judged:
    """A tool of `custom_tools` that may be stored."""

    index: int
    columns: dict[str, Any]
    assignment: dict[str, Any]


def write(assistant: Assistant, settings: Any, by: Actor | None) -> tuple[Done, ...]:
    """Store settings of the document, all or nothing; return what that did, in order.

    What is not named stays as it is, tools that are not listed stay with the assistant. The same
    settings again change nothing. Calls follow when the assistant is published.

    Raises:
        InvalidInput: names each field that must change, such as `custom_tools.0.configuration.url`.
    """
    errors: dict[str, str] = {}
    given = _known_keys(settings, errors)
    entries = given.pop("custom_tools", [])
    if not isinstance(entries, list):
        errors["custom_tools"] = "Write a list of tools."
        entries = []
    # Before the transaction: code is compiled, and others would wait for the locks.
    judged = _judged(assistant, entries, errors)
    with transaction.atomic():
        done = _write_settings(assistant, given, errors)
        for each in judged:
            try:
                with transaction.atomic():
                    done.append(_write_tool(assistant, each, by))
            except InvalidInput as problem:
                errors |= {_at(each.index, path): text for path, text in problem.errors.items()}
        if errors:
            raise InvalidInput(errors)
    return tuple(done)


def _known_keys(settings: Any, errors: dict[str, str]) -> dict[str, Any]:
    if not isinstance(settings, Mapping):
        raise InvalidInput({"tools_settings": "Write a JSON object."})
    inner = settings.get("tools_settings", settings)
    if not isinstance(inner, Mapping):
        raise InvalidInput({"tools_settings": "Write a JSON object."})
    given: dict[str, Any] = {}
    for key, value in inner.items():
        name = _OLD_NAMES.get(key, key)
        if name not in _PARTS:
            errors[str(key)[:100]] = f"This is not known here; known are {', '.join(_PARTS)}."
        elif name in given:
            errors[key] = f"{name} is there twice, under its old and its new name."
        else:
            given[name] = value
    return given


def _write_settings(
    assistant: Assistant, given: dict[str, Any], errors: dict[str, str]
) -> list[Done]:
    before = drafts.check(assistant).tools_settings.model_dump(mode="json")
    _switch_by_list(given)
    merged = before | {
        key: {**before[key], **value} if isinstance(value, dict) and key in _SWITCHES else value
        for key, value in given.items()
    }
    assistant.tools_settings = merged
    try:
        with transaction.atomic():
            assistant.tools_settings = drafts.check(assistant).tools_settings.model_dump(
                mode="json"
            )
            if assistant.tools_settings != before:
                drafts.save(assistant)
    except InvalidInput as problem:
        errors |= {
            path.removeprefix("tools_settings."): text for path, text in problem.errors.items()
        }
        assistant.tools_settings = before
    after = assistant.tools_settings
    return [
        Done("setting", key, "kept" if after[key] == before[key] else "changed") for key in given
    ]


def _switch_by_list(given: dict[str, Any]) -> None:
    """A tool in `enabled_tools` is on where its own settings do not say otherwise."""
    listed = given.get("enabled_tools")
    if not isinstance(listed, list | tuple):
        return
    for key, name in _SWITCHES.items():
        part = given.setdefault(key, {})
        if isinstance(part, dict) and "enabled" not in part:
            given[key] = {**part, "enabled": name in listed}


def _judged(
    assistant: Assistant, entries: list[Any], errors: dict[str, str]
) -> tuple[_Judged, ...]:
    """Return the tools that may be stored; what is wrong with the others is added to `errors`."""
    found = []
    for index, entry in enumerate(entries):
        try:
            values, assignment = _split(entry)
            tool = _stored(assistant, values.get("name"))
            columns = tools.judged(assistant.organization, values, tool)
            found.append(_Judged(index, columns, assignment))
        except InvalidInput as problem:
            errors |= {_at(index, path): text for path, text in problem.errors.items()}
    return tuple(found)


def _stored(assistant: Assistant, name: Any) -> Tool | None:
    rows = Tool.objects.of(assistant.organization_id)
    found: Tool | None = rows.filter(name=name, archived_at__isnull=True).first()
    return found


def _write_tool(assistant: Assistant, judged: _Judged, by: Actor | None) -> Done:
    found = _stored(assistant, judged.columns["name"])
    before = (_tool_as_stored(found), _assignment_as_stored(assistant, found)) if found else None
    tool = tools.store_tool(assistant.organization, judged.columns, by=by, tool=found)
    assignments.assign(assistant, tool, by=by, **judged.assignment)
    after = (_tool_as_stored(tool), _assignment_as_stored(assistant, tool))
    what = "made" if found is None else "kept" if before == after else "changed"
    return Done("tool", tool.name, what)


def _split(entry: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the tool's columns and the assignment's of one entry.

    An entry may be nested as a model's function is: `{"type": "function", "function": {…}}`.
    """
    if not isinstance(entry, Mapping):
        raise InvalidInput({"": "Write a JSON object."})
    values = dict(entry)
    function = values.pop("function", None)
    if isinstance(function, Mapping):
        values.pop("type", None)
        values.setdefault("function_definition", {"type": "function", "function": dict(function)})
    definition = values.get("function_definition")
    inner = definition.get("function") if isinstance(definition, Mapping) else None
    if isinstance(inner, Mapping):
        for key in ("name", "description"):
            values.setdefault(key, inner.get(key) or "")
    if "type" in values and "tool_type" not in values:
        values["tool_type"] = values.pop("type")
    unknown = set(values) - {*_OF_TOOL, *_OF_ASSIGNMENT, "version"}
    if unknown:
        raise InvalidInput(dict.fromkeys(map(str, unknown), "This is not known here."))
    tool = {key: values[key] for key in _OF_TOOL if key in values}
    return tool, {key: values[key] for key in _OF_ASSIGNMENT if key in values}


def _entry(row: AssistantTool) -> dict[str, Any]:
    return {**_tool_as_stored(row.tool), "version": row.tool.version, **_assignment(row)}


def _tool_as_stored(tool: Tool) -> dict[str, Any]:
    return {name: getattr(tool, name) for name in _OF_TOOL}


def _assignment(row: AssistantTool) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _OF_ASSIGNMENT}


def _assignment_as_stored(assistant: Assistant, tool: Tool) -> dict[str, Any] | None:
    rows = AssistantTool.objects.of(assistant.organization_id)
    row = rows.filter(assistant=assistant, tool=tool).first()
    return _assignment(row) if row is not None else None


def _at(index: int, path: str) -> str:
    return f"custom_tools.{index}.{path}".rstrip(".")
