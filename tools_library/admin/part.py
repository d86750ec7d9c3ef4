"""How a form field and a place in a row's JSON belong together; imports Django's forms only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django import forms


@dataclass(frozen=True)
class Part:
    """One field of the form.

    Args:
        name: of the form field.
        path: dotted, of its value in the JSON.
        field: what is edited; forms copy it.
        default: what is taken where the JSON has nothing; it is not written there.
        kinds: of tools that have it; empty: all.
        when: another field of the form and the values of it with which this one counts.
        credential: it names one credential.
    """

    name: str
    path: str
    field: forms.Field
    default: Any = None
    kinds: frozenset[str] = frozenset()
    when: tuple[str, tuple[str, ...]] | None = None
    credential: bool = False

    def belongs(self, kind: str, given: Mapping[str, Any]) -> bool:
        """Return whether a tool of this kind, with these other fields, has it."""
        if self.kinds and kind not in self.kinds:
            return False
        return self.when is None or given.get(self.when[0]) in self.when[1]

    @property
    def shown(self) -> str:
        """The expression of Alpine that shows it; empty: always."""
        tests = []
        if self.kinds:
            tests.append(_among("tool_type", sorted(self.kinds)))
        if self.when is not None:
            tests.append(_among(self.when[0], self.when[1]))
        return " && ".join(tests)


def values_of(parts: Iterable[Part], stored: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return form field → value as the JSON has it, or its default."""
    found: dict[str, Any] = {}
    for part in parts:
        own = not part.kinds or kind in part.kinds
        value = _get(stored, part.path) if own else None
        found[part.name] = part.default if value is None else value
    return found


def without(parts: Iterable[Part], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the JSON no part shows."""
    rest = deepcopy(dict(stored))
    for part in parts:
        _remove(rest, part.path)
    return rest


def write(
    parts: Iterable[Part], given: Mapping[str, Any], onto: dict[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `onto` with each part's value at its path; nothing and unwritten defaults stay out."""
    for part in parts:
        value = given.get(part.name)
        empty = value is None or value in ("", {}, [])
        if not empty and (value != part.default or _get(stored, part.path) is not None):
            _put(onto, part.path, value)
    return onto


def field_at(parts: Iterable[Part], path: str) -> tuple[str, str] | None:
    """Return the field that shows an error of a path, and what of the path lies inside it."""
    parts = tuple(parts)
    around = [part for part in parts if f"{path}.".startswith(f"{part.path}.")]
    if around:
        best = max(around, key=lambda part: len(part.path))
        return best.name, path[len(best.path) + 1 :]
    inside = next((part for part in parts if part.path.startswith(f"{path}.")), None)
    return None if inside is None else (inside.name, "")


def _among(name: str, values: Iterable[str]) -> str:
    return "(" + " || ".join(f"{name} == '{value}'" for value in values) + ")"


def _get(data: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(data, Mapping):
            return None
        data = data.get(step)
    return data


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        inner = data.get(step)
        if not isinstance(inner, dict):
            inner = data[step] = {}
        data = inner
    data[last] = value


def _remove(data: dict[str, Any], path: str) -> None:
    first, _, rest = path.partition(".")
    inner = data.get(first)
    if rest and isinstance(inner, dict):
        _remove(inner, rest)
    if not rest or inner == {}:
        data.pop(first, None)
