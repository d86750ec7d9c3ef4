"""What an endpoint tool stores, in document 002's shape; imports pydantic, engine, outbound."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tools_library.engine.response import Mapped
from tools_library.engine.templating import origin_has_names
from tools_library.executors.base import Configuration
from voiceassist.foundation import outbound

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer",
    "accept-encoding", "expect", "idempotency-key", "proxy-authorization",
})  # fmt: skip
_FIELD_PATH = r"^[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}$"


class Authentication(BaseModel):
    """How a request proves who sends it. Stored credentials are needed for all but `none`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["none", "bearer", "api_key", "basic"] = "none"
    token_field: str | None = None
    header_name: str | None = None

    @field_validator("type")
    @classmethod
    def _no_credentials_yet(cls, kind: str) -> str:
        if kind != "none":
            raise ValueError(
                "This server keeps no credentials for tools, so requests cannot sign in. "
                'Write "none".'
            )
        return kind


class ResponseHandling(BaseModel):
    """Dotted paths into the answer's JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    success_field: str = Field("success", pattern=_FIELD_PATH)
    message_field: str = Field("message", pattern=_FIELD_PATH)
    data_field: str = Field("data", pattern=_FIELD_PATH)

    @property
    def mapped(self) -> Mapped:
        """The same for the engine."""
        return Mapped(self.success_field, self.message_field, self.data_field)


class EndpointConfig(Configuration):
    """One HTTP request, as a template, and how its answer is read.

    Without `request_body_template` a POST, PUT or PATCH sends the arguments as its JSON body.
    Without `query` a GET or DELETE sends as query those arguments that its URL does not use.
    """

    type: Literal["endpoint"] = "endpoint"
    method: Method = "POST"
    url: str = Field(max_length=4_000)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    authentication: Authentication = Authentication()
    query: dict[str, Any] | None = Field(None, max_length=100)
    request_body_template: dict[str, Any] | list[Any] | Literal["${parameters}"] | None = None
    response_handling: ResponseHandling = ResponseHandling()
    execution_timeout: float | None = Field(None, gt=0, le=900)

    @field_validator("method", mode="before")
    @classmethod
    def _upper(cls, method: Any) -> Any:
        return method.upper() if isinstance(method, str) else method

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
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name[:60]!r} is not the name of a header.")
            if name.lower() in _OURS:
                raise ValueError(f"The header {name} is set by the platform; remove it.")
        return headers

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        return {
            "url": self.url,
            "headers": dict(self.headers),
            "query": self.query,
            "request_body_template": self.request_body_template,
        }

    def problems(self) -> dict[str, str]:
        """Return what the outbound door has against the address, without looking its name up."""
        scheme, _, rest = self.url.partition("://")
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        try:
            # A name server that is slow today must not stop a save.
            outbound.check_spelling(f"{scheme}://{authority}/")
        except outbound.OutboundError as error:
            return {"url": error.public_message}
        return {}
