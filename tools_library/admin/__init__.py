"""Admin of tools, their versions and runs; the assistant's page gets its tools from `apps`."""

from tools_library.admin.approval import ApprovalAdmin, ApprovalGrantAdmin
from tools_library.admin.execution import ToolExecutionAdmin
from tools_library.admin.review import ToolReviewAdmin
from tools_library.admin.tool import ToolAdmin
from tools_library.admin.version import ToolVersionAdmin

__all__ = [
    "ApprovalAdmin",
    "ApprovalGrantAdmin",
    "ToolAdmin",
    "ToolExecutionAdmin",
    "ToolReviewAdmin",
    "ToolVersionAdmin",
]
