"""Built-in tools that a live session performs itself; imports only the engine."""

from __future__ import annotations

from typing import ClassVar

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolNotAllowed
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec


class BuiltinExecutor:
    """Stands for `endCall`: the session reports how it went, no worker runs it."""

    runs_at: ClassVar[RunsAt] = "session"

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Refuse: outside a live session there is nothing to act on.

        Raises:
            ToolNotAllowed: always.
        """
        raise ToolNotAllowed(f"{spec.name} works only inside a live call.")
