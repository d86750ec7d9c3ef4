"""A tool as a Python class; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

ExecutionContext = Literal["backend", "frontend"]

_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array",
          dict: "object"}  # fmt: skip


@dataclass(frozen=True)
class Param:
    """One argument of a tool.

    Args:
        kind: `str`, `int`, `float`, `bool`, `list` or `dict`.
        enum: the only values that are taken.
    """

    kind: type
    description: str = ""
    required: bool = False
    default: Any = None
    enum: Sequence[Any] = ()

    def schema(self) -> dict[str, Any]:
        """Return the argument's JSON schema."""
        found: dict[str, Any] = {"type": _KINDS[self.kind]}
        if self.description:
            found["description"] = self.description
        if self.default is not None:
            found["default"] = self.default
        if self.enum:
            found["enum"] = list(self.enum)
        return found


class Tool:
    """Base of tools: arguments are class attributes that are `Param`s, or `parameters` as a schema.

    Attributes:
        execution_context: `backend`: `execute` runs on the server; `frontend`: a page acts.
        changes: whether running it changes anything; such calls run one after the other.
        timeout_seconds: until when it must have ended.
    """

    execution_context: ClassVar[ExecutionContext] = "backend"
    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    parameters: ClassVar[Mapping[str, Any] | None] = None
    changes: ClassVar[bool] = True
    timeout_seconds: ClassVar[int | None] = None

    @classmethod
    def is_frontend(cls) -> bool:
        """Return whether a page carries it out."""
        return cls.execution_context == "frontend"

    @classmethod
    def is_backend(cls) -> bool:
        """Return whether the server carries it out."""
        return not cls.is_frontend()

    @classmethod
    def tool_name(cls) -> str:
        """Return the name that the model calls it by."""
        return cls.name or cls.__name__

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Return the JSON schema of its arguments."""
        if cls.parameters is not None:
            return dict(cls.parameters)
        params = {
            name: each
            for kind in reversed(cls.__mro__)
            for name, each in vars(kind).items()
            if isinstance(each, Param)
        }
        return {
            "type": "object",
            "properties": {name: each.schema() for name, each in params.items()},
            "required": [name for name, each in params.items() if each.required],
        }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Carry it out on the server and return `success_response` or `error_response`."""
        raise NotImplementedError(f"{type(self).__name__} has no execute.")

    def success_response(self, data: Any = None, message: str = "") -> dict[str, Any]:
        """Return the answer of a tool that did what it should."""
        return {"success": True, "message": message, "data": data}

    def error_response(self, message: str, data: Any = None) -> dict[str, Any]:
        """Return the answer of a tool that could not."""
        return {"success": False, "message": message, "data": data}
