"""Tools, their immutable versions, assignments, executions, and who said yes to what."""

from tools_library.models.approval import Approval, ApprovalGrant, ToolReview
from tools_library.models.assignment import AssistantTool
from tools_library.models.execution import ToolExecution
from tools_library.models.sent_secret import SentSecrets
from tools_library.models.tool import Tool
from tools_library.models.version import ToolVersion

__all__ = [
    "Approval",
    "ApprovalGrant",
    "AssistantTool",
    "SentSecrets",
    "Tool",
    "ToolExecution",
    "ToolReview",
    "ToolVersion",
]
