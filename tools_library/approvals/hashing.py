"""What makes two calls, schemas or configurations equal; imports the engine's merge only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tools_library.engine.merging import merge


def arguments_hash(arguments: Mapping[str, Any]) -> str:
    """Return the SHA-256 of arguments; the order of keys and 1 or 1.0 make no difference."""
    return _hash(arguments)


def schema_hash(parameters: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON schema of arguments."""
    return _hash(parameters)


def configuration_hash(configuration: Mapping[str, Any], custom: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a version's configuration as an assistant uses it."""
    return _hash(merge(configuration, custom))


def changes(before: Any, after: Any, path: str = "") -> list[dict[str, Any]]:
    """Return what differs, as `{"path", "before", "after"}` by dotted path; absent is null."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[dict[str, Any]] = []
        for key in dict.fromkeys([*before, *after]):
            inner = f"{path}.{key}" if path else str(key)
            found += changes(before.get(key), after.get(key), inner)
        return found
    return [] if _text(before) == _text(after) else [
        {"path": path, "before": before, "after": after}
    ]  # fmt: skip


def _hash(value: Any) -> str:
    return hashlib.sha256(_text(value).encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _plain(value: Any) -> Any:
    """Return the value as every database gives it back: 2.0 and 2 are one number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
