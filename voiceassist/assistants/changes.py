"""What differs between two published configurations, for people to read; pure data."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One field that differs; each line is ("del" | "ins" | "span", text)."""

    field: str
    lines: tuple[tuple[str, str], ...]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the fields that differ, in the order of `after`, nested ones as `a.b`."""
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [*new, *(name for name in old if name not in new)]
    return [
        Change(name.replace("_", " "), _lines(old.get(name, ""), new.get(name, "")))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def _flat(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(old: str, new: str) -> tuple[tuple[str, str], ...]:
    kinds = {"- ": "del", "+ ": "ins", "  ": "span"}
    compared = difflib.ndiff(old.splitlines(), new.splitlines())
    return tuple((kinds[line[:2]], line[2:]) for line in compared if line[:2] in kinds)
