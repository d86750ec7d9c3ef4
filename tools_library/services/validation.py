"""Whether a tool may be saved as it is; says for each field what to change. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from tools_library.approvals.reach import reach_of
from tools_library.behaviour import Behaviour
from tools_library.choices import SideEffect, ToolType, TriggerContext
from tools_library.engine import schema, templating
from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.registry import executor_for, kinds
from tools_library.executors.base import Configuration
from tools_library.executors.builtin import end_call
from tools_library.executors.builtin import registry as builtins
from tools_library.models import Tool
from tools_library.services import limits, names
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.sharing import on_behalf_of
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import credentials

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
TAKEN = "Another tool is called {name}; choose another name."

_RESERVED = frozenset({
    end_call.NAME, "transferCall", "press_keys", "schedule_meeting", "send_sms", "send_email",
    "search_knowledge_base",
})  # fmt: skip
_FLAGS = {
    "is_active": True, "require_confirmation": False, "is_public": False, "is_template": False,
}  # fmt: skip
_DESCRIPTION_MAX = 4_000


def clean_tool(
    organization: Organization,
    values: Mapping[str, Any],
    tool: Tool | None,
    *,
    allow_missing_credentials: bool = False,
) -> dict[str, Any]:
    """Return all columns of a tool that may be saved, defaults filled in.

    Args:
        allow_missing_credentials: it may name credentials that the organization does not have yet;
            its runs fail until they are there.

    Raises:
        InvalidInput: names each field that must change.
    """
    errors: dict[str, str] = {}
    values = _with_builtin(values, errors)
    clean: dict[str, Any] = {name: values.get(name, default) for name, default in _FLAGS.items()}
    errors |= {name: "Write true or false." for name in _FLAGS if not isinstance(clean[name], bool)}
    texts = ("name", "display_name", "description")
    errors |= {n: "Write a text." for n in texts if not isinstance(values.get(n) or "", str)}
    clean["name"] = _name(organization, values, tool, errors)
    clean["display_name"] = str(values.get("display_name") or clean["name"])[:200]
    clean["description"] = str(values.get("description") or "")
    if len(clean["description"]) > _DESCRIPTION_MAX:
        errors["description"] = f"Write at most {_DESCRIPTION_MAX:,} characters."
    clean["side_effect"] = _choice(values, "side_effect", SideEffect, SideEffect.WRITE, errors)
    clean["allowed_contexts"] = _contexts(values.get("allowed_contexts") or [], errors)
    clean["timeout_seconds"] = _number(values, "timeout_seconds", 1, _longest(values), errors)
    clean["retry_attempts"] = _number(values, "retry_attempts", 0, 10, errors)
    clean["function_definition"] = _definition(values, clean, errors)
    clean["behaviour"] = _behaviour(values, clean, errors)
    clean["tool_type"] = _tool_type(values, errors)
    clean["configuration"] = _configuration(
        organization.pk, values, clean, errors, lenient=allow_missing_credentials
    )
    if errors:
        raise InvalidInput(errors)
    return clean


def check_configuration(
    organization_id: int,
    tool_type: str,
    configuration: Any,
    parameters: Mapping[str, Any],
    fixed: Collection[str] = (),
    *,
    expected: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """Return field path → what is wrong with a configuration, the assistant's part merged in.

    Args:
        parameters: the JSON schema of what the model gives.
        fixed: names of the arguments that the model does not see.
        expected: names of credentials that are taken to be there.
    """
    if tool_type not in kinds():
        return {"tool_type": f"Tools of type {tool_type!r} cannot run on this server."}
    if not isinstance(configuration, Mapping):
        return {"configuration": "Write a JSON object."}
    shape: type[Configuration] = executor_for(tool_type).config
    try:
        typed = shape.model_validate(configuration)
    except ValidationError as error:
        return {_path(each): _text(each) for each in error.errors()}
    stored = credentials.names(organization_id)
    arguments = schema.declared_names(parameters) | frozenset(fixed)
    named = stored | expected
    found = _template_errors(typed, parameters, fixed, named) | _missing_credentials(typed, named)
    found |= {
        f"{_PARAMETERS}.properties.{name}": f"{name} is also a credential; rename the argument."
        for name in arguments & stored
    }
    others = typed.not_its_own(organization_id)
    found |= {f"configuration.{path}": text for path, text in others.items()}
    if found:
        return found
    with on_behalf_of(organization_id):  # the sandbox judges code, in this organization's places
        return {f"configuration.{path}": text for path, text in typed.problems().items()}


def credentials_named(
    tool_type: str,
    configuration: Any,
    parameters: Mapping[str, Any],
    fixed: Mapping[str, Any],
) -> frozenset[str]:
    """Return the names of all credentials that a configuration uses, whether they exist or not."""
    if not isinstance(configuration, Mapping):
        return frozenset()
    return reach_of(tool_type, configuration, schema.declared_names(parameters), fixed).credentials


def _with_builtin(values: Mapping[str, Any], errors: dict[str, str]) -> Mapping[str, Any]:
    """Return the values with what a tool of the platform brings along; it goes by its own name."""
    configuration = values.get("configuration")
    if values.get("tool_type") != ToolType.BUILTIN or not isinstance(configuration, Mapping):
        return values
    builtin = builtins.find(str(configuration.get("builtin", "")))
    if builtin is None:
        return values
    if values.get("name") not in (None, "", builtin.name):
        errors["name"] = (
            f"{builtin.name} comes with the platform and keeps its name; write {builtin.name} or "
            "leave it out."
        )
    return {
        **values,
        "name": builtin.name,
        "description": values.get("description") or builtin.description,
        "function_definition": {"parameters": dict(builtin.parameters)},
        "side_effect": builtin.side_effect,
    }


def _name(
    organization: Organization,
    values: Mapping[str, Any],
    tool: Tool | None,
    errors: dict[str, str],
) -> str:
    name = str(values.get("name") or "")
    if not NAME.fullmatch(name):
        errors["name"] = (
            "Write 1 to 64 letters, digits, _ or -, without spaces, such as lookup_order."
        )
    elif name in _RESERVED and values.get("tool_type") != ToolType.BUILTIN:
        errors["name"] = f"{name} comes with the platform; choose another name."
    else:
        others = Tool.objects.of(organization).filter(name=name, archived_at__isnull=True)
        if others.exclude(pk=tool.pk if tool else None).exists():
            errors["name"] = TAKEN.format(name=name)
    return name


def _definition(
    values: Mapping[str, Any], clean: Mapping[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    """Return document 002's nested form of whatever form was given."""
    given = values.get("function_definition") or {}
    if not isinstance(given, Mapping):
        errors["function_definition"] = "Write a JSON object with name, description, parameters."
        return {}
    nested = given.get("function")
    inner: Mapping[str, Any] = nested if isinstance(nested, Mapping) else given
    bare = "parameters" not in inner and inner.get("type") == "object"
    parameters = inner if bare else inner.get("parameters", {"type": "object", "properties": {}})
    named = None if bare else inner.get("name")
    if named not in (None, "", clean["name"]):
        errors["function_definition.function.name"] = (
            f"The model calls the tool by its name; write {clean['name']!r} or leave it out."
        )
    described = ("" if bare else inner.get("description")) or clean["description"]
    if not isinstance(described, str) or len(described) > _DESCRIPTION_MAX:
        errors["function_definition.function.description"] = (
            f"Write a text of at most {_DESCRIPTION_MAX:,} characters."
        )
    for path, text in schema.problems_of(parameters):
        errors.setdefault(".".join(filter(None, (_PARAMETERS, path))), text)
    function = {"name": clean["name"], "description": described, "parameters": parameters}
    return {"type": "function", "function": function}


_PARAMETERS = "function_definition.function.parameters"


def _behaviour(
    values: Mapping[str, Any], clean: Mapping[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    """Return what was given, once it has the shape; only what differs from the default is kept."""
    given = values.get("behaviour") or {}
    try:
        typed = Behaviour.model_validate(given)
    except ValidationError as error:
        errors.update({_path(each, "behaviour"): _text(each) for each in error.errors()})
        return {}
    definition = clean["function_definition"].get("function") or {}
    shown = schema.declared_names(definition.get("parameters") or {}) & set(typed.fixed_parameters)
    for name, value in typed.fixed_parameters.items():
        if fault := names.fault_of_fixed(value):
            errors[f"behaviour.fixed_parameters.{name}"] = fault
    for name in shown:
        errors[f"behaviour.fixed_parameters.{name}"] = (
            "The model is shown this argument too; take it out of the parameters schema."
        )
    return typed.model_dump(mode="json", exclude_defaults=True)


def _longest(values: Mapping[str, Any]) -> int:
    in_browser = values.get("tool_type") == ToolType.FRONTEND
    return limits.LONGEST_BROWSER_SECONDS if in_browser else limits.LONGEST_SECONDS


def _tool_type(values: Mapping[str, Any], errors: dict[str, str]) -> str:
    kind = str(values.get("tool_type") or "")
    if kind not in kinds():
        known = ", ".join(sorted(kinds()))
        errors["tool_type"] = f"Tools of type {kind!r} cannot run on this server; use {known}."
    return kind


def _configuration(
    organization_id: int,
    values: Mapping[str, Any],
    clean: Mapping[str, Any],
    errors: dict[str, str],
    *,
    lenient: bool,
) -> dict[str, Any]:
    given = values.get("configuration") or {}
    if "tool_type" not in errors and not any(path.startswith(_PARAMETERS) for path in errors):
        parameters = (clean["function_definition"].get("function") or {}).get("parameters") or {}
        fixed = clean["behaviour"].get("fixed_parameters", {})
        kind = clean["tool_type"]
        missing = credentials_named(kind, given, parameters, fixed) if lenient else frozenset()
        errors.update(
            check_configuration(organization_id, kind, given, parameters, fixed, expected=missing)
        )
    return dict(given) if isinstance(given, Mapping) else {}


def _missing_credentials(config: Configuration, stored: frozenset[str]) -> dict[str, str]:
    return {
        f"configuration.{path}": f"There is no credential called {name!r}. Add it on the "
        "Credentials page, or name another one."
        for path, name in config.secret_names.items()
        if name not in stored
    }


def _template_errors(
    config: Configuration,
    parameters: Mapping[str, Any],
    fixed: Collection[str],
    stored: frozenset[str],
) -> dict[str, str]:
    """Return field path → what is wrong with the `${}` of a configuration."""
    errors = {}
    for part, template in config.templates.items():
        try:
            for name in templating.names_in(template):
                if fault := names.fault_of(name, parameters, fixed, stored):
                    errors[f"configuration.{part}"] = fault
        except ToolConfigurationError as error:
            errors[f"configuration.{part}"] = error.public_message
    return errors


def _choice(
    values: Mapping[str, Any], name: str, choices: Any, default: str, errors: dict[str, str]
) -> str:
    value = values.get(name) or default
    if value not in choices.values:
        errors[name] = f"{value!r} is not known; use {', '.join(choices.values)}."
    return str(value)


def _contexts(given: Any, errors: dict[str, str]) -> list[str]:
    known = TriggerContext.values
    if not isinstance(given, (list, tuple)) or any(each not in known for each in given):
        errors["allowed_contexts"] = f"Write a list of {', '.join(known)}; empty allows all."
        return []
    return list(dict.fromkeys(str(each) for each in given))


def _number(
    values: Mapping[str, Any], name: str, low: int, high: int, errors: dict[str, str]
) -> int | None:
    value = values.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        errors[name] = f"Write a whole number from {low} to {high}, or nothing for the default."
        return None
    return value


def _path(error: Any, part: str = "configuration") -> str:
    steps = [str(step) for step in error["loc"] if not str(step).startswith(("dict[", "list["))]
    return ".".join((part, *steps))


def _text(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "missing":
        return "This is needed."
    if error["type"] == "extra_forbidden":
        return "This is not known here; remove it, or mend its spelling."
    return f"{error['msg']}."
