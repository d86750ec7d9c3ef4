"""Arguments against the tool's JSON schema; imports jsonschema, never loads anything remote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from tools_library.engine import patterns, references
from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.engine.errors import ToolArgumentsError, ToolConfigurationError

MAX_ARGUMENT_BYTES = 64_000
_SHOWN_ERRORS = 5
_SHOWN_CHARACTERS = 200


def problems_of(schema: Any) -> Iterator[tuple[str, str]]:
    """Yield `(dotted path, what is wrong)` for a parameters schema that cannot be used."""
    if not isinstance(schema, Mapping):
        yield "", "Write a JSON schema: an object with type, properties and required."
        return
    if schema.get("type") != "object":
        yield "type", 'The parameters of a tool are an object: write "type": "object".'
    try:
        Draft202012Validator.check_schema(schema)
        found = [*references.problems_of(schema), *_unmeetable(schema, "")]
    except SchemaError as error:
        found = [(".".join(str(step) for step in error.path), _shorten(error.message))]
    except RecursionError:
        yield "", "The schema is nested too deep."
        return
    yield from found
    yield from patterns.problems_of(schema)


def parse_arguments(raw: Any) -> dict[str, Any]:
    """Return the arguments of a model as an object, cleaned; `raw` is JSON text or an object.

    Raises:
        ToolArgumentsError: no JSON object, or too deep or large.
    """
    if isinstance(raw, (str, bytes)):
        raw = raw or "{}"
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise ToolArgumentsError(
                "The arguments are not valid JSON. Call the tool again with one JSON object."
            ) from None
    if not isinstance(raw, Mapping):
        raise ToolArgumentsError(
            "The arguments must be one JSON object. Call the tool again with an object."
        )
    try:
        cleaned: dict[str, Any] = clean(raw, max_bytes=MAX_ARGUMENT_BYTES)
    except (Uncleanable, RecursionError) as error:
        raise ToolArgumentsError(
            f"The arguments cannot be taken: {error}. Call the tool again with less."
        ) from None
    return cleaned


def accept(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declared arguments once they fit the schema; undeclared ones are dropped.

    Raises:
        ToolArgumentsError: they do not fit; the message says what to change.
        ToolConfigurationError: the schema itself cannot be used.
    """
    kept: dict[str, Any] = declared_only(schema, arguments)
    errors = _errors(schema, kept)
    if errors:
        texts = list(dict.fromkeys(_phrase(error) for error in errors))[:_SHOWN_ERRORS]
        raise ToolArgumentsError(
            f"The arguments do not fit: {' '.join(texts)} Call the tool again with all arguments "
            "corrected; ask the person for what you do not know."
        )
    return kept


def misfits(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return `(dotted path, what is wrong)` of arguments that do not fit, undeclared ones too.

    Raises:
        ToolConfigurationError: the schema itself cannot be used.
    """
    found = [
        (".".join(str(step) for step in error.path), _phrase(error))
        for error in _errors(schema, arguments)
    ]
    declared = _properties(schema)
    if declared is not None:
        unknown = [name for name in arguments if name not in declared]
        found += [(name, f"`{name}` is not an argument of this tool.") for name in unknown]
    return found


def _errors(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[ValidationError]:
    validator = patterns.Validator(schema, registry=references.NO_REMOTE)
    try:
        errors: list[ValidationError] = sorted(
            validator.iter_errors(arguments), key=lambda error: list(map(str, error.path))
        )
    except (Unresolvable, RecursionError) as error:
        raise ToolConfigurationError(
            "The tool's parameter schema cannot be used; staff must mend it.", detail=repr(error)
        ) from None
    return errors


def declared_only(schema: Any, value: Any) -> Any:
    """Return `value` without what its schema does not declare, at every depth."""
    if isinstance(value, list) and isinstance(schema, Mapping):
        return [declared_only(schema.get("items"), inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    properties = _properties(schema) if isinstance(schema, Mapping) else None
    if properties is None:
        return dict(value)
    return {
        name: declared_only(properties[name], inner)
        for name, inner in value.items()
        if name in properties
    }


def with_defaults(schema: Any, value: Any) -> Any:
    """Return `value` with what it leaves out and its schema has a default for, at every depth."""
    if isinstance(value, list) and isinstance(schema, Mapping):
        return [with_defaults(schema.get("items"), inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    properties = (_properties(schema) if isinstance(schema, Mapping) else None) or {}
    filled = {name: with_defaults(properties.get(name), inner) for name, inner in value.items()}
    for name, declared in properties.items():
        if name not in filled and isinstance(declared, Mapping) and "default" in declared:
            filled[name] = declared["default"]
    return filled


def declared_names(schema: Any) -> frozenset[str]:
    """Return the names of the arguments that a schema declares; none where it is no schema."""
    names = _properties(schema) if isinstance(schema, Mapping) else None
    return frozenset(names or ())


# With one of these an object's names cannot be told from `properties` alone.
_OPEN = ("$ref", "$dynamicRef", "patternProperties", "dependentSchemas", "if", "not")


def _properties(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the declared properties, or None where any name may be meant."""
    more = schema.get("additionalProperties", False)
    if more is not False or any(word in schema for word in _OPEN):
        return None
    own = schema.get("properties")
    found: dict[str, Any] = dict(own) if isinstance(own, Mapping) else {}
    branches = [branch for word in ("allOf", "anyOf", "oneOf") for branch in schema.get(word) or ()]
    for branch in branches:
        inner = _properties(branch) if isinstance(branch, Mapping) else None
        if inner is None:
            return None
        for name in inner:
            found.setdefault(name, inner[name] if len(branches) == 1 else {"$ref": "#"})
    if own is None and not branches and "type" not in schema:
        return None
    return found


def _unmeetable(schema: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield where names are required that are dropped as undeclared, so that nothing ever fits."""
    declared = _properties(schema) if isinstance(schema, Mapping) else None
    if declared is None:
        return
    prefix = f"{path}." if path else ""
    for where, wanted in _demands(schema, prefix):
        if missing := [name for name in wanted if name not in declared]:
            yield where, _undeclared(missing)
    for name, inner in (schema.get("properties") or {}).items():
        yield from _unmeetable(inner, f"{prefix}properties.{name}")
    yield from _unmeetable(schema.get("items"), f"{prefix}items")


def _undeclared(names: list[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names[:_SHOWN_ERRORS])
    return (
        f"{listed} is required but not declared, and undeclared arguments are dropped: no call "
        "would fit. Declare it under properties, or take it out of required."
    )


def _demands(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, list[str]]]:
    """Yield `(dotted path, names)` that an object must have in any case."""
    kinds = schema.get("type", "object")
    if "object" in ([kinds] if isinstance(kinds, str) else kinds):
        yield f"{prefix}required", schema.get("required", [])
    for index, branch in enumerate(schema.get("allOf", [])):
        if isinstance(branch, Mapping):
            yield from _demands(branch, f"{prefix}allOf.{index}.")


def _phrase(error: ValidationError) -> str:
    """Say one error the way a person would, naming the argument by its dotted path."""
    path = ".".join(str(step) for step in error.path)
    name = f"`{path}`" if path else "The arguments"
    wanted: Any = error.validator_value
    if error.validator == "required" and isinstance(error.instance, Mapping):
        missing = [each for each in wanted if each not in error.instance]
        prefix = f"{path}." if path else ""
        return " ".join(f"`{prefix}{each}` is required." for each in missing)
    if error.validator == "type":
        kinds = wanted if isinstance(wanted, str) else " or ".join(map(str, wanted))
        return f"{name} must be of type {kinds}, not {_shown(error.instance)}."
    if error.validator == "enum":
        choices = ", ".join(_shown(choice) for choice in wanted[:20])
        return f"{name} must be one of {choices}, not {_shown(error.instance)}."
    return f"{name}: {_shorten(error.message)}."


def _shown(value: Any) -> str:
    return _shorten(json.dumps(value, ensure_ascii=False), 60)


def _shorten(text: str, length: int = _SHOWN_CHARACTERS) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
