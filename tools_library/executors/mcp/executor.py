"""Calls a tool of an MCP server, and lists a server's tools; imports the engine and the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ValidationError

from tools_library.engine import templating
from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.errors import ToolConfigurationError, ToolError, ToolResponseError
from tools_library.engine.schema import declared_names
from tools_library.engine.secrets import Secrets
from tools_library.engine.types import Network, RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.mcp.client import Client
from tools_library.executors.mcp.config import McpConfig, McpServer
from tools_library.executors.mcp.results import to_output

MOST_TOOLS = 500
LIST_SECONDS = 15.0
_MOST_PAGES = 50


@dataclass(frozen=True)
class McpTool:
    """A server's tool as a list shows it. `reads_only` is the server's own word, no proof."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    reads_only: bool


class McpExecutor:
    """Sends the arguments to one tool of a server, maps its result."""

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[McpConfig]] = McpConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Call once; a result with `isError` is the tool's own no.

        Raises:
            ToolError: see `tools_library.engine.errors`.
        """
        config = _config(spec)
        declared = declared_names(spec.parameters)
        names = templating.Names(call.context, call.arguments, declared, call.secrets)
        trace: dict[str, Any] = {}
        try:
            reads = spec.side_effect == "read"
            client = Client(config, call, names, deadline, trace, reads=reads)
            params = {"name": config.tool, "arguments": dict(call.arguments)}
            output = to_output(client.ask("tools/call", params), call.secrets.mask)
        except ToolError as error:
            error.trace = trace
            raise
        return ToolResult(output, trace)


def list_tools(
    server: McpServer, secrets: Secrets, network: Network, organization_id: int | None
) -> tuple[McpTool, ...]:
    """Return a server's tools in its order, the first `MOST_TOOLS` of them.

    Raises:
        ToolError: the server refuses or is not reached; the public message is for staff to read.
    """
    context = {"organization_id": organization_id}
    call = ToolCall("", {}, context, LIST_SECONDS, secrets, network)
    deadline = Deadline.after(LIST_SECONDS, SystemClock())
    names = templating.Names(context, {}, frozenset(), secrets)
    client = Client(server, call, names, deadline, {}, reads=True)
    found: list[McpTool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = client.ask("tools/list", {"cursor": cursor} if cursor else {})
        entries = page.get("tools")
        if not isinstance(entries, list):
            raise ToolResponseError("The MCP server answered without a list of tools.")
        found += [tool for entry in entries if (tool := _tool(entry)) is not None]
        cursor = page.get("nextCursor") if isinstance(page.get("nextCursor"), str) else None
        if not cursor or len(found) >= MOST_TOOLS:
            break
    return tuple(found[:MOST_TOOLS])


def _config(spec: ToolSpec) -> McpConfig:
    try:
        return McpConfig.model_validate(spec.configuration)
    except ValidationError as error:
        raise ToolConfigurationError(
            "The tool's configuration is not complete; staff must mend it.", detail=str(error)
        ) from None


def _tool(entry: Any) -> McpTool | None:
    """Return a tool, None for an entry that nobody could call."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return None
    schema, notes = entry.get("inputSchema"), entry.get("annotations")
    notes = notes if isinstance(notes, dict) else {}
    return McpTool(
        name=entry["name"],
        title=str(entry.get("title") or notes.get("title") or entry["name"])[:200],
        description=str(entry.get("description") or "")[:4_000],
        input_schema=schema if isinstance(schema, dict) else {"type": "object", "properties": {}},
        reads_only=notes.get("readOnlyHint") is True,
    )
