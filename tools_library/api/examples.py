"""Examples that the schema shows; pure data."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_PARAMETERS = {
    "type": "object",
    "properties": {"order_id": {"type": "string", "description": "The order's number."}},
    "required": ["order_id"],
}
ENDPOINT: dict[str, Any] = {
    "name": "lookup_order",
    "display_name": "Look up an order",
    "description": "Says where an order is. Use it when the caller gave its number.",
    "tool_type": "endpoint",
    "side_effect": "read",
    "configuration": {
        "type": "endpoint",
        "method": "GET",
        "url": "https://shop.example.com/orders/${order_id}",
        "authentication": {"type": "bearer", "token_field": "SHOP_TOKEN"},
    },
    "function_definition": _PARAMETERS,
}
_PYTHON: dict[str, Any] = {
    "name": "delivery_day",
    "description": "Says on which day an order arrives.",
    "tool_type": "python_function",
    "side_effect": "read",
    "configuration": {
        "type": "python_function",
        "code": (
            "def execute_tool(parameters, context):\n"
            '    return {"success": True, "message": "On " + parameters["day"]}\n'
        ),
    },
    "function_definition": {
        "type": "object",
        "properties": {"day": {"type": "string"}},
        "required": ["day"],
    },
}

TOOLS = [
    OpenApiExample("An endpoint", ENDPOINT, request_only=True),
    OpenApiExample("A Python function", _PYTHON, request_only=True),
]
CHANGE = [OpenApiExample("Switch it off", {"is_active": False}, request_only=True)]
CHOICES = [
    OpenApiExample(
        "AWS functions",
        {
            "tool_type": "lambda",
            "configuration": {
                "aws_region": "eu-west-1",
                "credentials": {
                    "access_key_field": "aws_access_key",
                    "secret_key_field": "aws_secret_key",
                },
            },
        },
        request_only=True,
    ),
    OpenApiExample(
        "Tools of an MCP server",
        {"tool_type": "mcp", "configuration": {"url": "https://shop.example.com/mcp"}},
        request_only=True,
    ),
]
TEST = [
    OpenApiExample("As it is", {"parameters": {"order_id": "1042"}}, request_only=True),
    OpenApiExample(
        "As an assistant uses it, with more time",
        {
            "parameters": {"order_id": "1042"},
            "assistant_id": 3,
            "configuration": {"execution_timeout": 20},
            "context": {"phone_number": "+12025550123"},
        },
        request_only=True,
    ),
]
TEST_UNSAVED = [
    OpenApiExample("A draft", {**ENDPOINT, "parameters": {"order_id": "1042"}}, request_only=True)
]
ASSIGN = [
    OpenApiExample("As it is", {}, request_only=True),
    OpenApiExample(
        "At another address, before others",
        {
            "custom_configuration": {"url": "https://north.example.com/orders"},
            "execution_order": -1,
            "pinned_version": "1.0.2",
        },
        request_only=True,
    ),
]
COPY = [
    OpenApiExample("As it is", {}, request_only=True),
    OpenApiExample(
        "Under another name, at another address",
        {
            "name": "opening_hours",
            "configuration": {"url": "https://shop.example.com/opening-hours"},
        },
        request_only=True,
    ),
]
