"""The demo's tools of the other types, one of each; pure data."""

from __future__ import annotations

from typing import Any

_DELIVERY = """\
import datetime

BUSINESS_DAYS = {"standard": 4, "express": 1}


def execute_tool(parameters, context):
    left = BUSINESS_DAYS[parameters["speed"]]
    day = datetime.date.today()
    while left:
        day += datetime.timedelta(days=1)
        if day.weekday() < 5:
            left -= 1
    print("counted", parameters["speed"])
    return {
        "success": True,
        "message": "It arrives on " + day.strftime("%A, %B %d") + ".",
        "data": {"day": day.isoformat()},
    }
"""


def _one(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


_PYTHON: dict[str, Any] = {
    "name": "delivery_day",
    "display_name": "Delivery day",
    "description": "Says when an order placed today arrives. Use it when the caller asks how long "
    "delivery takes.",
    "tool_type": "python_function",
    "side_effect": "read",
    "configuration": {
        "type": "python_function",
        "code": _DELIVERY,
        "allowed_imports": ["datetime"],
    },
    "function_definition": _one(
        "speed",
        {"type": "string", "enum": ["standard", "express"], "description": "Which way."},
    ),
}
_LAMBDA: dict[str, Any] = {
    "name": "check_stock",
    "display_name": "Check the stock",
    "description": "Says how many of an article are in stock. Use it when the caller wants to buy "
    "something.",
    "tool_type": "lambda",
    "side_effect": "read",
    "configuration": {
        "type": "lambda",
        "function_name": "check-stock",
        "aws_region": "eu-central-1",
        "credentials": {
            "access_key_field": "AWS_ACCESS_KEY",
            "secret_key_field": "AWS_SECRET_KEY",
        },
        "daily_cap_usd": 1,
    },
    "function_definition": _one(
        "article", {"type": "string", "description": "city bicycle, touring bicycle, or bell."}
    ),
}
_MCP: dict[str, Any] = {
    "name": "opening_hours",
    "display_name": "Opening hours",
    "description": "Says when the shop is open on a day of the week.",
    "tool_type": "mcp",
    "side_effect": "read",
    "configuration": {"type": "mcp", "tool": "opening_hours"},
    "function_definition": _one("day", {"type": "string", "description": "A day of the week."}),
}
_BUILTIN: dict[str, Any] = {
    "name": "send_email",
    "display_name": "Send an e-mail",
    "tool_type": "builtin",
    "require_confirmation": True,
    "configuration": {
        "type": "builtin",
        "builtin": "send_email",
        "allowed_domains": ["example.com"],
    },
}
_KNOWLEDGE: dict[str, Any] = {
    "name": "search_knowledge_base",
    "display_name": "Look it up",
    "tool_type": "builtin",
    "configuration": {"type": "builtin", "builtin": "search_knowledge_base"},
}
_DATABASE: dict[str, Any] = {
    "name": "find_customer",
    "display_name": "Find a customer",
    "description": "Names the customer who calls from a number.",
    "tool_type": "database_query",
    "side_effect": "read",
    "is_template": True,
    "configuration": {
        "type": "database_query",
        "dsn_credential": "SHOP_DATABASE",
        "query": "SELECT name, city FROM customers WHERE phone = %(phone)s",
        "parameters": {"phone": "${phone_number}"},
        "row_limit": 1,
    },
    "function_definition": {"type": "object", "properties": {}},
}


def kinds(base: str) -> tuple[dict[str, Any], ...]:
    """Return the columns of one tool per type, with `base` as the stand-ins' origin."""
    mcp = {**_MCP, "configuration": {**_MCP["configuration"], "url": f"{base}/mcp"}}
    return (_PYTHON, _LAMBDA, mcp, _BUILTIN, _KNOWLEDGE, _DATABASE)
