"""What an MCP tool stores; imports pydantic and what all kinds with an address share."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from tools_library.executors.addressed import Addressed
from tools_library.executors.authentication import RESERVED_HEADERS


class McpServer(Addressed):
    """Where a server is and how requests prove who sends them."""

    ours: ClassVar[frozenset[str]] = RESERVED_HEADERS | {
        "accept", "content-type", "last-event-id", "mcp-method", "mcp-name",
        "mcp-protocol-version", "mcp-session-id",
    }  # fmt: skip


class McpConfig(McpServer):
    """One tool of a server; it gets the arguments as they are."""

    type: Literal["mcp"] = "mcp"
    tool: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_./-]+$")
    execution_timeout: float | None = Field(None, gt=0, le=900)
