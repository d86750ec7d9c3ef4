"""Regular expressions of a schema, matched in linear time; imports jsonschema and pydantic.

Python's own matcher tries all ways to match one after the other, which for some patterns and texts
takes for ever. pydantic's is an automaton: it takes no more than a pass over the text, and refuses
the patterns that it could not match so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from pydantic import StringConstraints, TypeAdapter
from pydantic_core import SchemaError
from pydantic_core import ValidationError as NoMatch

LONGEST = 1_000
_Found = Iterator[ValidationError]


def problems_of(schema: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield `(dotted path, what is wrong)` for each pattern that cannot be matched so."""
    if isinstance(schema, Mapping):
        for place, pattern in _patterns_of(schema, path):
            if fault := _fault(pattern):
                yield place, fault
        if "patternProperties" in schema and "unevaluatedProperties" in schema:
            yield (
                _at(path, "unevaluatedProperties"),
                ("This does not work beside patternProperties; use additionalProperties."),
            )
        for key, inner in schema.items():
            if key not in ("const", "default", "enum", "examples"):
                yield from problems_of(inner, _at(path, str(key)))
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from problems_of(inner, _at(path, str(index)))


def found_in(pattern: str, text: str) -> bool:
    """Return whether a pattern matches somewhere in a text; one that cannot be used never does."""
    adapter = _compiled(pattern)
    if adapter is None:
        return False
    try:
        adapter.validate_python(text)
    except NoMatch:
        return False
    return True


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> TypeAdapter[str] | None:
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError:
        return None


def _patterns_of(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(schema.get("pattern"), str):
        yield _at(path, "pattern"), schema["pattern"]
    named = schema.get("patternProperties")
    if isinstance(named, Mapping):
        for pattern in named:
            yield _at(path, "patternProperties"), pattern


def _fault(pattern: str) -> str:
    if len(pattern) > LONGEST:
        return f"Write a pattern of at most {LONGEST:,} characters."
    if _compiled(pattern) is None:
        return (
            f"The pattern {pattern[:100]!r} cannot be used: it is no regular expression, or needs "
            "lookaround or backreferences, which are not supported."
        )
    return ""


def _at(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> _Found:
    if validator.is_type(instance, "string") and not found_in(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, named: Any, instance: Any, schema: Any) -> _Found:
    if not validator.is_type(instance, "object"):
        return
    for pattern, inner in named.items():
        for name, value in instance.items():
            if found_in(pattern, name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> _Found:
    if not validator.is_type(instance, "object"):
        return
    known, named = schema.get("properties", {}), schema.get("patternProperties", {})
    more = [
        name
        for name in instance
        if name not in known and not any(found_in(pattern, name) for pattern in named)
    ]
    if validator.is_type(allowed, "object"):
        for name in more:
            yield from validator.descend(instance[name], allowed, path=name)
    elif not allowed and more:
        listed = ", ".join(repr(name) for name in sorted(more))
        yield ValidationError(f"Additional properties are not allowed: {listed}")


Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
    },
)
"""Draft 2020-12 with these patterns."""
