"""The stored configuration of a browser tool; imports pydantic only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tools_library.executors.base import Configuration


class FrontendConfig(Configuration):
    """What clients are told of the tool beside its definition.

    Attributes:
        everywhere: every assistant of the organization has it in chats, without being assigned.
        frontend_resolved: the page alone says how it went; always so here, kept as it was sent.
        requires_user_interaction: a person acts; else one open page carries it out by itself.
        metadata: the page's own notes about the tool.
    """

    type: Literal["frontend"] = "frontend"
    everywhere: bool = False
    frontend_resolved: bool = True
    requires_user_interaction: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=50)
