"""Makes tools, assignments and calls of tools for tests, through the services where they exist."""

from typing import Any

from tools_library.models import AssistantTool, Tool
from tools_library.services import assignments
from tools_library.services.execution import Origin
from tools_library.services.tools import save_tool
from voiceassist.assistants.models import Assistant
from voiceassist.organizations.models import Organization

PARAMETERS = {
    "type": "object",
    "properties": {"order_id": {"type": "string", "description": "The order's number."}},
    "required": ["order_id"],
}


def endpoint_configuration(
    url: str = "https://api.example.com/orders", **more: Any
) -> dict[str, Any]:
    """Return a configuration in document 002's shape."""
    return {"type": "endpoint", "method": "POST", "url": url, **more}


def tool_values(**more: Any) -> dict[str, Any]:
    """Return what `save_tool` takes for an endpoint tool that reads."""
    return {
        "name": "lookup_order",
        "display_name": "Look up an order",
        "description": "Says where an order is.",
        "tool_type": "endpoint",
        "side_effect": "read",
        "configuration": endpoint_configuration(),
        "function_definition": PARAMETERS,
        **more,
    }


def make_tool(organization: Organization, **more: Any) -> Tool:
    """Save an endpoint tool."""
    return save_tool(organization, tool_values(**more), by=None)


def assign(assistant: Assistant, tool: Tool, **values: Any) -> AssistantTool:
    """Give a tool to an assistant."""
    return assignments.assign(assistant, tool, **{"by": None, **values})


def origin(organization: Organization, **more: Any) -> Origin:
    """Return where a tool call comes from."""
    values: dict[str, Any] = {"trigger": "api", "organization_id": organization.pk}
    return Origin(**{**values, **more})
