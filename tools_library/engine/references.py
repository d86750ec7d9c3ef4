"""What a schema's references lead to; imports jsonschema and referencing, loads nothing remote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

NO_REMOTE: Registry[Any] = Registry()
"""Where references are looked up: nowhere but in the schema itself."""

_REFERENCES = ("$ref", "$dynamicRef")
_ONE = frozenset({
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
# These judge the same value as the schema that they stand in.
_SAME_VALUE = frozenset({
    *_REFERENCES, "allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then",
})  # fmt: skip


def problems_of(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield `(dotted path, what is wrong)` for each reference that cannot be used.

    Args:
        schema: is valid, but for where its references lead.

    Raises:
        RecursionError: it is nested too deep.
    """
    walk = _Walk()
    walk.into(schema, "", NO_REMOTE.resolver_with_root(DRAFT202012.create_resource(schema)))
    walk.follow()
    yield from walk.problems
    for path in walk.circles():
        yield path, "This reference leads back to itself, so it says nothing; write what is meant."


class _Walk:
    """The schemas inside a schema by identity, and which of them judge the same value."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self._known: set[int] = set()
        self._open: list[tuple[str, Any, Any, int]] = []
        self._same: dict[int, list[tuple[int, str]]] = {}

    def into(self, schema: Any, path: str, resolver: Any) -> None:
        """Note a schema and all that stand in it."""
        if not isinstance(schema, Mapping) or id(schema) in self._known:
            return
        self._known.add(id(schema))
        if path:
            resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
        edges = self._same.setdefault(id(schema), [])
        for keyword in _REFERENCES:
            if keyword in schema:
                self._open.append((_at(path, keyword), schema[keyword], resolver, id(schema)))
        for keyword, where, inner in _parts(schema):
            if keyword in _SAME_VALUE and isinstance(inner, Mapping):
                edges.append((id(inner), ""))
            self.into(inner, _at(path, where), resolver)

    def follow(self) -> None:
        """Look up each reference, and those of what only a reference leads to."""
        while self._open:
            path, reference, resolver, source = self._open.pop(0)
            if not isinstance(reference, str) or not reference.startswith("#"):
                text = "Only references inside this schema work, such as #/$defs/address."
                self.problems.append((path, text))
                continue
            try:
                found = resolver.lookup(reference)
                self._judge(found.contents)
            except (Unresolvable, SchemaError, LookupError, TypeError, ValueError):
                self.problems.append((path, _nowhere(reference)))
                continue
            if isinstance(found.contents, Mapping):
                self._same[source].append((id(found.contents), path))
                self.into(found.contents, path, found.resolver)

    def circles(self) -> Iterator[str]:
        """Yield where the references stand that close a circle on one value."""
        done: set[int] = set()
        for start in self._same:
            if start not in done:
                yield from self._circles_from(start, done)

    def _circles_from(self, start: int, done: set[int]) -> Iterator[str]:
        on_way = {start}
        way = [(start, "", iter(self._same[start]))]
        while way:
            here, _, edges = way[-1]
            for target, path in edges:
                if target in on_way:
                    # No circle is made without a reference; the last one before its end is named.
                    yield next(filter(None, [path, *(each[1] for each in reversed(way))]))
                elif target not in done:
                    on_way.add(target)
                    way.append((target, path, iter(self._same[target])))
                    break
            else:
                way.pop()
                on_way.discard(here)
                done.add(here)

    def _judge(self, target: Any) -> None:
        if isinstance(target, bool) or id(target) in self._known:
            return
        if not isinstance(target, Mapping):
            raise TypeError("no schema")
        Draft202012Validator.check_schema(target)


def _parts(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield keyword, path and schema of each that stands directly in a schema."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield keyword, keyword, value
        elif keyword in _LISTED and isinstance(value, list):
            for index, inner in enumerate(value):
                yield keyword, f"{keyword}.{index}", inner
        elif keyword in _NAMED and isinstance(value, Mapping):
            for name, inner in value.items():
                yield keyword, f"{keyword}.{name}", inner


def _nowhere(reference: str) -> str:
    return (
        f"{reference[:100]!r} leads to no schema here; write it under $defs, or refer to one that "
        "is there."
    )


def _at(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
