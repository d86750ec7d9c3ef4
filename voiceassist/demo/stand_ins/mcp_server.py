"""An MCP server at `/mcp` with two tools, over Streamable HTTP; of either kind of revision.

Imports the stand-ins' small HTTP helpers only; no Django.
"""

import json
import uuid
from typing import Any

from voiceassist.demo.stand_ins.asgi import Answer, Request
from voiceassist.demo.stand_ins.controls import Controls

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26")
STATELESS = "2026-07-28"
MOST_SESSIONS = 1_000

_OPEN = {"saturday": "10 to 16", "sunday": ""}
_BICYCLES = {
    "city": {"name": "Lindgren 3", "price": 890},
    "touring": {"name": "Fernweh 27", "price": 1690},
}
_TOOLS = (
    {
        "name": "opening_hours",
        "title": "Opening hours",
        "description": "Says when the shop is open on a day of the week.",
        "inputSchema": {
            "type": "object",
            "properties": {"day": {"type": "string", "description": "A day of the week."}},
            "required": ["day"],
        },
        "annotations": {"readOnlyHint": True},
    },
    {
        "name": "find_bicycle",
        "title": "Find a bicycle",
        "description": "Names a bicycle for a purpose.",
        "inputSchema": {
            "type": "object",
            "properties": {"purpose": {"type": "string", "enum": list(_BICYCLES)}},
            "required": ["purpose"],
        },
        "annotations": {"readOnlyHint": True},
    },
)


class _RpcError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class McpServer:
    """Answers `/mcp`; `calls` lists the names of tools that were called, oldest first."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self.sessions: dict[str, str] = {}
        self.calls: list[str] = []

    async def answer(self, request: Request) -> Answer:
        """Answers one request."""
        if request.method == "DELETE":
            self.sessions.pop(request.headers.get("mcp-session-id", ""), None)
            return Answer(204, b"")
        if request.method != "POST":
            return Answer(405, {"message": "Only POST and DELETE."}, headers=(("allow", "POST"),))
        accepted = request.headers.get("accept", "")
        if "application/json" not in accepted or "text/event-stream" not in accepted:
            return Answer(406, {"message": "Accept both JSON and an event stream."})
        message = request.json()
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return _refusal(None, -32700, "Parse error")
        if self._controls.behaviour.mcp_stateless:
            return self._stateless(message, request)
        return self._with_session(message, request)

    def _with_session(self, message: dict[str, Any], request: Request) -> Answer:
        method = message.get("method")
        if method == "initialize":
            return self._initialize(message)
        session = request.headers.get("mcp-session-id")
        if session is None:
            return _refusal(message.get("id"), -32000, "Bad Request: Mcp-Session-Id is missing")
        if session not in self.sessions:
            return _refusal(message.get("id"), -32001, "Session not found", 404)
        if request.headers.get("mcp-protocol-version") != self.sessions[session]:
            return _refusal(message.get("id"), -32000, "Bad Request: wrong protocol version")
        if "id" not in message:
            return Answer(202, b"")
        return self._result(message)

    def _stateless(self, message: dict[str, Any], request: Request) -> Answer:
        method, params = message.get("method"), message.get("params")
        if method == "initialize":
            return _refusal(message.get("id"), -32601, "Method not found: initialize", 404)
        meta = params.get("_meta") if isinstance(params, dict) else None
        version = (meta or {}).get("io.modelcontextprotocol/protocolVersion")
        if version != STATELESS or request.headers.get("mcp-protocol-version") != STATELESS:
            return _refusal(message.get("id"), -32022, "Unsupported protocol version")
        if request.headers.get("mcp-method") != method:
            return _refusal(message.get("id"), -32020, "Header mismatch: Mcp-Method")
        return self._result(message)

    def _initialize(self, message: dict[str, Any]) -> Answer:
        asked = (message.get("params") or {}).get("protocolVersion")
        version = asked if asked in VERSIONS else VERSIONS[0]
        session = uuid.uuid4().hex
        if len(self.sessions) >= MOST_SESSIONS:
            self.sessions.clear()
        self.sessions[session] = version
        result: dict[str, Any] = {
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "Juniper Cycles", "version": "1"},
        }
        return self._told(message["id"], {"result": result}, (("mcp-session-id", session),))

    def _result(self, message: dict[str, Any]) -> Answer:
        try:
            result = self._run(str(message.get("method")), message.get("params") or {})
        except _RpcError as error:
            told = {"error": {"code": error.code, "message": str(error)}}
            return self._told(message.get("id"), told)
        if self._controls.behaviour.mcp_stateless:
            result = {"resultType": "complete", **result}
        return self._told(message.get("id"), {"result": result})

    def _run(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "ping":
            return {}
        if method == "tools/list":
            # A page for each tool, so that clients have to turn it.
            at = int(params.get("cursor") or 0)
            more = {"nextCursor": str(at + 1)} if at + 1 < len(_TOOLS) else {}
            return {"tools": list(_TOOLS[at : at + 1]), **more}
        if method == "tools/call":
            return self._call(str(params.get("name")), params.get("arguments") or {})
        raise _RpcError(-32601, f"Method not found: {method}")

    def _call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(name)
        if name == "opening_hours":
            day = str(arguments.get("day") or "").lower()
            hours = _OPEN.get(day, "9 to 18")
            words = f"On {day} the shop is open from {hours}." if hours else f"Closed on {day}."
            return {"content": [{"type": "text", "text": words}]}
        if name != "find_bicycle":
            raise _RpcError(-32602, f"Unknown tool: {name}")
        found = _BICYCLES.get(str(arguments.get("purpose")))
        if found is None:
            text = f"There is no bicycle for {arguments.get('purpose')!r}."
            return {"content": [{"type": "text", "text": text}], "isError": True}
        text = f"The {found['name']} costs {found['price']} euros."
        return {"content": [{"type": "text", "text": text}], "structuredContent": found}

    def _told(
        self, number: Any, told: dict[str, Any], headers: tuple[tuple[str, str], ...] = ()
    ) -> Answer:
        message = {"jsonrpc": "2.0", "id": number, **told}
        if not self._controls.behaviour.mcp_streams:
            return Answer(200, message, headers=headers)
        progress = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "…"}}
        events = "".join(
            f"event: message\ndata: {json.dumps(each)}\n\n" for each in (progress, message)
        )
        return Answer(200, events.encode(), "text/event-stream", headers)


def _refusal(number: Any, code: int, message: str, status: int = 400) -> Answer:
    error = {"code": code, "message": message}
    return Answer(status, {"jsonrpc": "2.0", "id": number, "error": error})
