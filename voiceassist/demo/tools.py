"""The demo's tools as data, answered by the stand-in tool server; pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DemoTool:
    """An endpoint tool; `path` is on the stand-in tool server; `asks`: each run needs a yes."""

    name: str
    display_name: str
    description: str
    path: str
    side_effect: str
    parameters: dict[str, Any] = field(default_factory=dict)
    is_template: bool = False
    asks: bool = False

    def configuration(self, base: str) -> dict[str, Any]:
        """Return document 002's endpoint configuration, with `base` as the server's origin."""
        body = "${parameters}" if not self.is_template else {
            "phone_number": "${phone_number}",
            "parameters": "${parameters}",
        }  # fmt: skip
        return {
            "type": "endpoint",
            "method": "POST",
            "url": ("https://api.example.com" if self.is_template else base) + self.path,
            "headers": {"Content-Type": "application/json"},
            "authentication": {"type": "none"},
            "request_body_template": body,
            "response_handling": {
                "success_field": "success",
                "message_field": "message",
                "data_field": "data",
            },
        }

    def values(self, base: str) -> dict[str, Any]:
        """Return the tool's columns, with `base` as the server's origin."""
        return {
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "tool_type": "endpoint",
            "side_effect": self.side_effect,
            "configuration": self.configuration(base),
            "function_definition": self.definition(),
            "is_template": self.is_template,
            "require_confirmation": self.asks,
        }

    def definition(self) -> dict[str, Any]:
        """Return the definition that the model gets."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": {
                    "type": "object",
                    "properties": self.parameters,
                    "required": list(self.parameters),
                },
            },
        }


TOOLS = (
    DemoTool(
        "lookup_order", "Look up an order",
        "Says where an order is. Use it when the caller asks about an order and gave its number.",
        "/tools/orders/lookup", "read",
        {"order_id": {"type": "string", "description": "The order's number, digits only."}},
    ),
    DemoTool(
        "cancel_order", "Cancel an order",
        "Cancels an order for good. Use it when the customer asks for that and gave its number.",
        "/tools/orders/cancel", "irreversible",
        {"order_id": {"type": "string", "description": "The order's number, digits only."}},
        asks=True,
    ),
    DemoTool(
        "book_appointment", "Book a workshop day",
        "Books a day in the workshop. Use it when the caller names a day for a service.",
        "/tools/appointments", "write",
        {"day": {"type": "string", "description": "The day of the week, as the caller says it."}},
    ),
    DemoTool(
        "slow_lookup", "Ask the warehouse",
        "Asks the warehouse, which takes its time. Use it when the caller asks about stock.",
        "/tools/slow", "read",
        {"ms": {"type": "string", "description": "How long to wait, in milliseconds."}},
    ),
)  # fmt: skip

TEMPLATES = (
    DemoTool(
        "check_opening_hours", "Check opening hours",
        "Says when a shop is open. Use it when the caller asks about opening hours.",
        "/opening-hours", "read",
        {"day": {"type": "string", "description": "The day of the week, or a date."}},
        is_template=True,
    ),
    DemoTool(
        "create_ticket", "Create a support ticket",
        "Writes down a problem for the team. Use it when you cannot solve it in the call.",
        "/tickets", "write",
        {"summary": {"type": "string", "description": "The problem in one sentence."}},
        is_template=True,
    ),
)  # fmt: skip
