"""What an MCP tool stores; imports pydantic, the engine, what all HTTP kinds share, the door."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from tools_library.engine.templating import origin_has_names
from tools_library.executors.authentication import HEADER_NAME, RESERVED_HEADERS, Authentication
from tools_library.executors.base import Configuration
from voiceassist.foundation import outbound

_OURS = RESERVED_HEADERS | {
    "accept", "content-type", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version",
    "mcp-session-id",
}  # fmt: skip


class McpServer(Configuration):
    """Where a server is and how requests prove who sends them."""

    url: str = Field(max_length=4_000)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    authentication: Authentication = Authentication()

    @field_validator("url")
    @classmethod
    def _fixed_origin(cls, url: str) -> str:
        if not url.lower().startswith(("http://", "https://")):
            raise ValueError("Write the whole address, beginning with https:// (or http://).")
        if origin_has_names(url):
            raise ValueError(
                "Scheme, host and port must be written out; ${} works only after them."
            )
        return url

    @field_validator("headers")
    @classmethod
    def _headers_of_ours(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if not HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name[:60]!r} is not the name of a header.")
            if name.lower() in _OURS:
                raise ValueError(f"The header {name} is set by the platform; remove it.")
        return headers

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        return {"url": self.url, "headers": dict(self.headers)}

    @property
    def secret_names(self) -> dict[str, str]:
        """The credentials it names outside of templates: field path → name."""
        named = self.authentication.secret_names
        return {f"authentication.{field}": name for field, name in named.items()}

    def problems(self) -> dict[str, str]:
        """Return what the outbound door has against its addresses, without looking names up."""
        found = {}
        for path, url in (("url", self.url), ("authentication.token_url", self._token_url)):
            scheme, _, rest = url.partition("://")
            authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
            try:
                if url:
                    outbound.check_spelling(f"{scheme}://{authority}/")
            except outbound.OutboundError as error:
                found[path] = error.public_message
        return found

    @property
    def _token_url(self) -> str:
        return self.authentication.token_url or ""


class McpConfig(McpServer):
    """One tool of a server; it gets the arguments as they are."""

    type: Literal["mcp"] = "mcp"
    tool: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_./-]+$")
    execution_timeout: float | None = Field(None, gt=0, le=900)
