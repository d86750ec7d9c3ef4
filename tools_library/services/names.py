"""Whether the `${}` of a tool mean something, judged at save; imports the engine only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tools_library.engine import schema, templating
from tools_library.engine.errors import ToolConfigurationError

_PARTS_OF = {"phone_numbers": frozenset({"from", "to"})}
_NO_TEXT = {"object", "array"}
_PLATFORMS = templating.CONTEXT_NAMES - {"parameters"}


def fault_of(
    name: str, parameters: Mapping[str, Any], fixed: Collection[str], stored: frozenset[str]
) -> str:
    """Return why a configuration cannot use a dotted name; nothing where it can.

    Args:
        parameters: the JSON schema of what the model gives.
        fixed: names of the arguments that the model does not see.
        stored: names of the credentials.
    """
    declared = schema.declared_names(parameters) | frozenset(fixed)
    first, _, below = name.partition(".")
    if first == "parameters" and below:
        first, _, below = below.partition(".")
        if first not in declared:
            return _unknown(name, declared, stored)
    elif first in _PARTS_OF:
        if below in ("", *_PARTS_OF[first]):
            return ""
        parts = " or ".join(f"${{{first}.{part}}}" for part in sorted(_PARTS_OF[first]))
        return f"${{{name}}} is not known; write {parts}."
    elif first in templating.CONTEXT_NAMES or first in stored:
        return _nothing_below(name, first) if below and first != "parameters" else ""
    elif first not in declared:
        return _unknown(name, declared, stored)
    return _nothing_below(name, first) if below and _is_plain(parameters, first) else ""


def fault_of_fixed(value: Any) -> str:
    """Return why a fixed argument cannot be filled in; it knows the platform's names alone."""
    try:
        for name in templating.names_in(value):
            first = name.partition(".")[0]
            if first not in _PLATFORMS:
                return (
                    f"${{{name}}} is not known here. Names of the platform: "
                    f"{', '.join(sorted(_PLATFORMS))}. Credentials and other arguments stand in "
                    "the configuration."
                )
            if fault := fault_of(name, {}, (), frozenset()):
                return fault
    except ToolConfigurationError as error:
        return error.public_message
    return ""


def _is_plain(parameters: Mapping[str, Any], name: str) -> bool:
    """Return whether a schema says that an argument is one text, number, yes or no."""
    properties = parameters.get("properties")
    declared = properties.get(name) if isinstance(properties, Mapping) else None
    kinds = declared.get("type") if isinstance(declared, Mapping) else None
    listed = [kinds] if isinstance(kinds, str) else kinds or []
    return bool(listed) and not _NO_TEXT.intersection(listed)


def _nothing_below(name: str, first: str) -> str:
    return f"${{{name}}} is not known: {first} is a single value; write ${{{first}}}."


def _unknown(name: str, declared: frozenset[str], stored: frozenset[str]) -> str:
    return (
        f"${{{name}}} is not known. Arguments of this tool: {', '.join(sorted(declared)) or 'none'}"
        f". Credentials: {', '.join(sorted(stored)) or 'none'}. Names of the platform: "
        f"{', '.join(sorted(templating.CONTEXT_NAMES))}."
    )
