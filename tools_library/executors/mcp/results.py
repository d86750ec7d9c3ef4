"""What an MCP tool returned, as `{"success", "message", "data"?}`; imports the engine only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools_library.engine.errors import ToolResponseError


def to_output(result: dict[str, Any], mask: Callable[[str], str] = str) -> dict[str, Any]:
    """Map a result: its texts are the message, its structured content the data.

    Without structured content, what is not text (pictures, links) is listed as data without its
    bytes.

    Args:
        mask: hides secrets, before anything is cut.

    Raises:
        ToolResponseError: it has another shape, or asks for more than a tool here can give.
    """
    if result.get("resultType", "complete") != "complete":
        raise ToolResponseError(
            "The MCP server asks for more input, which tools cannot give here.",
            detail=f"resultType: {mask(str(result['resultType']))[:100]}",
        )
    content = result.get("content", [])
    structured = result.get("structuredContent")
    if not isinstance(content, list) or any(not isinstance(part, dict) for part in content):
        raise ToolResponseError("The MCP server answered without readable content.")
    if not content and structured is None and "content" not in result:
        raise ToolResponseError("The MCP server answered without readable content.")
    texts = [str(part.get("text") or "") for part in content if part.get("type") == "text"]
    output: dict[str, Any] = {
        "success": result.get("isError") is not True,
        "message": "\n".join(text for text in texts if text),
    }
    others = [_described(part) for part in content if part.get("type") != "text"]
    if structured is not None:
        output["data"] = structured
    elif others:
        output["data"] = {"content": others}
    return output


def _described(part: dict[str, Any]) -> dict[str, Any]:
    inner = part.get("resource")
    if isinstance(inner, dict):
        part = {"type": "resource", **inner}
    told = {name: part.get(name) for name in ("type", "name", "title", "uri", "mimeType", "text")}
    return {name: value for name, value in told.items() if isinstance(value, str)}
