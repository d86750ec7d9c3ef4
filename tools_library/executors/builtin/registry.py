"""Which tools come with the platform and run in a worker; imports the engine.

Rooms above add theirs with `register` from `AppConfig.ready`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools_library.engine.deadline import Deadline
from tools_library.engine.types import SideEffect, ToolCall, ToolResult
from tools_library.executors.base import Configuration

Perform = Callable[[Any, ToolCall, Deadline], ToolResult]


@dataclass(frozen=True)
class Builtin:
    """A tool that an organization switches on by making a tool of type `builtin`.

    Args:
        name: what the model calls.
        description, parameters: what the model is told, where staff writes nothing else.
        side_effect: its class; staff cannot lower it.
        options: the shape of its configuration.
        perform: runs it with the typed options; raises ToolError as an executor does.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    side_effect: SideEffect
    options: type[Configuration]
    perform: Perform


_builtins: dict[str, Builtin] = {}


def register(builtin: Builtin) -> None:
    """Add a tool, or replace the one of its name."""
    _builtins[builtin.name] = builtin


def find(name: str) -> Builtin | None:
    """Return the tool of a name."""
    return _builtins.get(name)


def names() -> tuple[str, ...]:
    """Return the names of all, in order."""
    return tuple(sorted(_builtins))
