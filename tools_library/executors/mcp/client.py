"""One MCP server, asked over Streamable HTTP; imports the engine and what all HTTP kinds share.

Speaks the revisions with a handshake (2024-11-05 to 2025-11-25), and 2026-07-28, which has none.
An answer is read until it is there, so a server that sends requests of its own gets no reply to
them, and one that keeps its stream open keeps nobody waiting.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import re
from dataclasses import replace
from typing import Any

from tools_library.engine import templating
from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolResponseError
from tools_library.engine.types import ToolCall
from tools_library.executors import http
from tools_library.executors.authentication import Request
from tools_library.executors.mcp import wire
from tools_library.executors.mcp.config import McpServer
from tools_library.executors.mcp.sessions import Session, sessions
from voiceassist.foundation.outbound import OutboundResponse

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
STATELESS = "2026-07-28"

_CLIENT = {"name": "VoiceAssist", "version": "0.1.0"}
_META = "io.modelcontextprotocol/"
_SESSION_ID = re.compile(r"[\x21-\x7e]{1,1024}")
_NO_HANDSHAKE = frozenset({-32600, -32601, -32602, -32004, -32020, -32022})
"""What a server without a handshake may make of one: an unknown method, or a request without the
version and the headers that it asks for (-32004: a draft's number)."""
_numbers = itertools.count(1)


class _SessionGoneError(Exception):
    """The server does not know a session any more."""


class Client:
    """A server as one run sees it; `trace` gets the last request and answer, masked.

    Args:
        reads: what is asked for changes nothing, so the server may get it twice.
    """

    def __init__(
        self,
        server: McpServer,
        call: ToolCall,
        names: templating.Names,
        deadline: Deadline,
        trace: dict[str, Any],
        *,
        reads: bool,
    ) -> None:
        self._server = server
        self._call = call
        self._mask = call.secrets.mask
        self._deadline = deadline
        self._trace = trace
        self._url = templating.render_url(server.url, names)
        self._headers = templating.render_headers(server.headers, names)
        self._handshakes = http.Line(rules=http.rules(call.network), repeatable=True)
        self._line = replace(self._handshakes, repeatable=reads)
        self._key = self._fingerprint()

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the result of a request, in a session that is kept for later ones.

        Raises:
            ToolError: the server refuses, breaks the protocol, or is not reached.
        """
        session = sessions.get(self._key)
        if session is not None:
            self._call.secrets.hide(session.session_id)
            try:
                return self._ask(session, method, params)
            except _SessionGoneError:
                sessions.forget(self._key, session)
        with http.before_sending():
            session = self._open()
        sessions.keep(self._key, session)
        try:
            return self._ask(session, method, params)
        except _SessionGoneError:
            sessions.forget(self._key, session)
            raise ToolResponseError(
                "The MCP server forgets its sessions at once.", retryable=True
            ) from None

    def _open(self) -> Session:
        """Agree on a revision.

        Raises:
            ToolError: there is none that both speak, or no handshake at all.
        """
        number = next(_numbers)
        hello = {"protocolVersion": VERSIONS[0], "capabilities": {}, "clientInfo": _CLIENT}
        body = wire.request(number, "initialize", hello)
        response = self._post(body, {}, self._handshakes, number)
        message = self._handshake_of(response, number)
        if message is None:
            return Session(STATELESS, stateless=True)
        version = message["result"].get("protocolVersion")
        if version not in VERSIONS:
            raise ToolResponseError(
                "The MCP server speaks a version of the protocol that is not known here.",
                detail=f"It answered {self._mask(str(version))[:40]!r}; known: "
                f"{', '.join(VERSIONS)}.",
            )
        session_id = response.headers.get("mcp-session-id", "")
        if session_id and not _SESSION_ID.fullmatch(session_id):
            raise ToolResponseError("The MCP server gave a session id that cannot be sent.")
        self._call.secrets.hide(session_id)
        session = Session(str(version), session_id)
        body = wire.notification("notifications/initialized")
        done = self._post(body, _headers(session), self._handshakes)
        self._check_status(done)
        return session

    def _handshake_of(self, response: OutboundResponse, number: int) -> dict[str, Any] | None:
        """Return the answer to the handshake, None from a server that has none.

        Raises:
            ToolError: it is no answer.
        """
        kind = response.headers.get("content-type", "")
        if not 200 <= response.status < 300:
            if wire.error_code(response.body, kind) in _NO_HANDSHAKE:
                return None
            self._check_status(response)
        message = wire.answer_to(number, response.body, kind, self._mask)
        error = message.get("error")
        if error is None:
            return message
        code = error.get("code")
        if isinstance(code, int) and code in _NO_HANDSHAKE:
            return None
        raise wire.refused(error, self._mask)

    def _ask(self, session: Session, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(_numbers)
        headers = _headers(session)
        if session.stateless:
            params = {**params, "_meta": _meta()}
            headers |= _mirrored(method, params)
        asked = wire.request(number, method, params)
        response = self._post(asked, headers, self._line, number)
        if session.session_id and response.status in (400, 404):
            raise _SessionGoneError
        self._check_status(response)
        kind = response.headers.get("content-type", "")
        message = wire.answer_to(number, response.body, kind, self._mask)
        if "error" in message:
            raise wire.refused(message["error"], self._mask)
        result: dict[str, Any] = message["result"]
        return result

    def _post(
        self, body: bytes, headers: dict[str, str], line: http.Line, number: int | None = None
    ) -> OutboundResponse:
        """Send a message; with a number, its answer is all that is waited for."""
        if number is not None:
            line = replace(line, enough=wire.Awaited(number).comes_with)
        request = Request("POST", self._url, {}, body)
        ours = {"Accept": wire.ACCEPT, "Content-Type": "application/json", **headers}
        for name, value in (self._headers | ours).items():
            request = request.with_header(name, value)
        return http.send_proven(
            request,
            self._server.authentication,
            self._call,
            self._deadline,
            line,
            self._trace,
        )

    def _check_status(self, response: OutboundResponse) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        text = f"The MCP server answered with status {status}."
        if status in (401, 403):
            text = "The MCP server does not let the tool in; staff must mend its credentials."
        elif status in (404, 405):
            text = "There is no MCP server at the tool's address; staff must mend it."
        said = self._mask(response.body.decode("utf-8", "replace"))[:200]
        raise ToolResponseError(
            text,
            code="bad_status",
            detail=f"{status}: {said}",
            retryable=status in http.RETRY_STATUSES,
            retry_after=http.retry_after(response.headers, datetime.datetime.now(datetime.UTC)),
        )

    def _fingerprint(self) -> str:
        alike = [
            self._call.context.get("organization_id"),
            self._url,
            sorted(self._headers.items()),
            self._server.authentication.model_dump(mode="json"),
        ]
        return hashlib.sha256(json.dumps(alike, default=str).encode()).hexdigest()


def _headers(session: Session) -> dict[str, str]:
    headers = {"MCP-Protocol-Version": session.version}
    if session.session_id:
        headers["Mcp-Session-Id"] = session.session_id
    return headers


def _meta() -> dict[str, Any]:
    return {
        f"{_META}protocolVersion": STATELESS,
        f"{_META}clientInfo": _CLIENT,
        f"{_META}clientCapabilities": {},
    }


def _mirrored(method: str, params: dict[str, Any]) -> dict[str, str]:
    """Return the headers in which a stateless request says again what it is."""
    headers = {"Mcp-Method": method}
    if isinstance(name := params.get("name"), str):
        headers["Mcp-Name"] = name
    return headers
