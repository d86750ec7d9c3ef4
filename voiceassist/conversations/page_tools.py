"""The browser tools that the chat page brings; what they do is in the page's script."""

from __future__ import annotations

from typing import Any

from tools_library.services import frontend_tools
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Organization


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _tool(
    name: str, description: str, properties: dict[str, Any], *, asks: bool = False
) -> dict[str, Any]:
    """Return a tool whose first argument is required; `asks`: a person must act."""
    schema = {"type": "object", "properties": properties, "required": [next(iter(properties))]}
    return {
        "name": name,
        "description": description,
        "input_schema": schema,
        "frontend_resolved": True,
        "metadata": {"category": "page", "requires_user_interaction": asks},
    }


PAGE_TOOLS: tuple[dict[str, Any], ...] = (
    _tool(
        "show_notification",
        "Show a short notice to the person on their screen.",
        {
            "message": _text("What to show."),
            "type": _text("How it looks.", enum=["info", "warning", "error"], default="info"),
        },
    ),
    _tool(
        "show_emoji",
        "Show an emoji, large, in the chat.",
        {
            "emoji": _text("The emoji itself."),
            "size": _text("How large.", enum=["small", "medium", "large"], default="large"),
            "message": _text("A line below it."),
        },
    ),
    _tool(
        "confirm_action",
        "Ask the person a question with a few answers to choose from, and wait for the choice.",
        {
            "question": _text("What to ask."),
            "options": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The answers; yes and no where there are none.",
            },
        },
        asks=True,
    ),
    _tool(
        "get_user_input",
        "Ask the person to type something, such as a name or an e-mail address.",
        {
            "prompt": _text("What to ask for."),
            "type": _text("What kind.", enum=["text", "number", "email"], default="text"),
        },
        asks=True,
    ),
    _tool(
        "copy_to_clipboard",
        "Put a text on the person's clipboard once they agree.",
        {"text": _text("What to copy.")},
        asks=True,
    ),
)


def add(organization: Organization, *, by: Actor | None) -> int:
    """Give every assistant of an organization the page's tools; return how many were new."""
    registered = [frontend_tools.register(organization, each, None, by=by) for each in PAGE_TOOLS]
    return sum(not each.existed for each in registered)
