"""Tools, their immutable versions, assignments and executions."""

from tools_library.models.assignment import AssistantTool
from tools_library.models.execution import ToolExecution
from tools_library.models.tool import Tool
from tools_library.models.version import ToolVersion

__all__ = ["AssistantTool", "Tool", "ToolExecution", "ToolVersion"]
