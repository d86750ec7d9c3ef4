"""Runs the tools that come with the platform; imports the engine and their registry."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ValidationError

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolConfigurationError, ToolNotAllowed
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.builtin import registry
from tools_library.executors.builtin.config import BuiltinConfig


class BuiltinExecutor:
    """Hands a run to the function that the platform registered.

    What acts on a live call, such as `endCall`, has no function: its session performs it and no
    worker runs it.
    """

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[BuiltinConfig]] = BuiltinConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Run it.

        Raises:
            ToolNotAllowed: it works only inside a live call.
            ToolError: as the tool itself.
        """
        builtin = registry.find(str(spec.configuration.get("builtin", spec.name)))
        if builtin is None:
            raise ToolNotAllowed(f"{spec.name} works only inside a live call.")
        try:
            options = BuiltinConfig.model_validate(spec.configuration).options
        except ValidationError as error:
            raise ToolConfigurationError(
                "The tool's configuration is not complete; staff must mend it.", detail=str(error)
            ) from None
        return builtin.perform(options, call, deadline)
