"""`{% load ui %}`: icons, pills and numbers as the design writes them; imports only Django."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# Status → tone and icon; word, shape and tone all say it.
PILLS = {
    "success": ("ok", "check"),
    "error": ("bad", "x"),
    "timeout": ("warn", "clock"),
    "running": ("live", "pulse"),
    "queued": ("idle", "clock"),
    "pending": ("idle", "clock"),
    "awaiting_approval": ("warn", "shield-check"),
    "cancelled": ("idle", "minus"),
    "denied": ("idle", "minus"),
    "ringing": ("live", "phone"),
    "in-progress": ("live", "pulse"),
    "completed": ("ok", "check"),
    "transferred": ("warn", "transfer"),
    "busy": ("idle", "phone-off"),
    "no-answer": ("idle", "minus"),
    "failed": ("bad", "x"),
    "canceled": ("idle", "minus"),
    "asked": ("idle", "clock"),
    "dialling": ("live", "phone-outgoing"),
    "answered": ("live", "pulse"),
}

TOOL_ICONS = {
    "endpoint": "link",
    "python_function": "code",
    "lambda": "bolt",
    "frontend": "browser",
    "database_query": "database",
    "mcp": "plug",
}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Return an icon of the sprite; it says nothing to screen readers."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {size}" if size else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def pill(status: str, word: str) -> SafeString:
    """Return the pill of a status."""
    tone, name = PILLS.get(status, ("idle", "info"))
    return format_html('<span class="pill" data-tone="{}">{}{}</span>', tone, icon(name), word)


@register.filter
def tool_icon(tool_type: str) -> str:
    """Return the icon's name of a kind of tool."""
    return TOOL_ICONS.get(tool_type, "tools")


@register.filter
def clock(ms: int | None) -> str:
    """Return a length as `3:12` or `1:02:03`."""
    seconds = max(0, int(ms or 0)) // 1000
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}:{seconds:02}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


@register.filter
def ms(value: int | None) -> str:
    """Return milliseconds as `402 ms`, `1.31 s` or `41 s`."""
    if value is None:
        return ""
    if value < 1000:
        return f"{value} ms"
    return f"{value / 1000:.2f} s" if value < 10_000 else f"{round(value / 1000)} s"


@register.filter
def day_name(day: dt.date) -> str:
    """Return `Today`, `Yesterday` or `Tuesday, 24 November`."""
    today = timezone.localdate()
    if day == today:
        return "Today"
    if day == today - dt.timedelta(days=1):
        return "Yesterday"
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%A}, {day.day} {day:%B}{year}"


@register.filter
def initials(name: str) -> str:
    """Return up to two letters that stand for a person."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def get(mapping: Any, key: str) -> Any:
    """Return `mapping[key]`, or nothing."""
    return mapping.get(key) if mapping else None
