"""Browser tools as a kind of tool; imports the engine's types."""

from __future__ import annotations

from typing import ClassVar

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolNotAllowed
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.frontend.config import FrontendConfig


class FrontendExecutor:
    """No worker runs such a tool: its conversation hands it to the person's browser."""

    runs_at: ClassVar[RunsAt] = "browser"
    config: ClassVar[type[FrontendConfig]] = FrontendConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Refuse.

        Raises:
            ToolNotAllowed: always; nobody's browser is there.
        """
        raise ToolNotAllowed(
            f"{spec.name} runs in a browser, inside a conversation. Try it in the chat."
        )
