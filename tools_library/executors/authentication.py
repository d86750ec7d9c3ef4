"""How a tool's request proves who sends it; pure: imports pydantic and the engine, sends nothing.

Every `*_field` names a credential of the organization. What is made of one is hidden from traces.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.secrets import Secrets

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
RESERVED_HEADERS = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer",
    "accept-encoding", "expect", "idempotency-key", "proxy-authorization",
})  # fmt: skip

Kind = Literal["none", "bearer", "api_key", "basic", "oauth2", "hmac"]

_CREDENTIAL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HEADER_UNSAFE = re.compile(r"[^\x20-\x7e\x80-\xff]")
_NEEDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "bearer": ("token_field",),
    "api_key": ("token_field",),
    "basic": ("username_field", "password_field"),
    "oauth2": ("token_url", "client_id_field", "client_secret_field"),
    "hmac": ("secret_field",),
}
_MAY: dict[str, tuple[str, ...]] = {
    "none": (),
    "bearer": ("header_name",),
    "api_key": ("header_name", "query_name"),
    "basic": (),
    "oauth2": ("scope", "audience", "client_authentication"),
    "hmac": ("algorithm", "header_name", "timestamp_header_name"),
}
_WITH_HEADER = {"bearer": "Authorization", "api_key": "X-API-Key", "hmac": "X-Signature"}
_TIMESTAMP_HEADER = "X-Timestamp"


class Authentication(BaseModel):
    """One of six ways; each field belongs to the types that need it.

    - `bearer`: `{header_name}: Bearer {token_field}`; the header is Authorization by default.
    - `api_key`: the value of `token_field` as `header_name` (X-API-Key by default) or in the query
      as `query_name`.
    - `basic`: `username_field` and `password_field` as RFC 7617 has it.
    - `oauth2`: client credentials (RFC 6749, 4.4): a token is bought at `token_url` and kept until
      shortly before it expires; `client_authentication` says whether id and secret go as a basic
      header or in the form.
    - `hmac`: `header_name` (X-Signature) is the lower-case hex HMAC, with `algorithm`, of
      `{timestamp}.{body}`; `timestamp_header_name` (X-Timestamp) has the timestamp, Unix seconds.
      The body is signed as the bytes that are sent, empty where there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    type: Kind = "none"
    token_field: str | None = None
    header_name: str | None = None
    query_name: str | None = Field(None, max_length=100)
    username_field: str | None = None
    password_field: str | None = None
    token_url: str | None = Field(None, max_length=4_000)
    client_id_field: str | None = None
    client_secret_field: str | None = None
    client_authentication: Literal["header", "form"] | None = None
    scope: str | None = Field(None, max_length=2_000)
    audience: str | None = Field(None, max_length=2_000)
    secret_field: str | None = None
    algorithm: Literal["sha256", "sha512"] | None = None
    timestamp_header_name: str | None = None

    @field_validator("*")
    @classmethod
    def _belongs(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind, name = info.data.get("type"), str(info.field_name)
        if name == "type" or kind is None:
            return value
        if not value:
            if name in _NEEDS[kind]:
                raise ValueError(f"Authentication of type {kind!r} needs this.")
            return None
        if name not in (*_NEEDS[kind], *_MAY[kind]):
            raise ValueError(f"Authentication of type {kind!r} does not use this; remove it.")
        if problem := _problem(name, value):
            raise ValueError(problem)
        if name == "query_name" and info.data.get("header_name"):
            raise ValueError("Write header_name or query_name, not both.")
        return value

    @property
    def secret_names(self) -> dict[str, str]:
        """The credentials it uses: field → name."""
        fields = type(self).model_fields
        named = {field: getattr(self, field) for field in fields if field.endswith("_field")}
        return {field: name for field, name in named.items() if name}


@dataclass(frozen=True)
class Request:
    """A request that is ready to go."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None

    def with_header(self, name: str, value: str) -> Request:
        """Return it with a header set in place of one of that name in any spelling."""
        others = {key: each for key, each in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers={**others, name: value})


def apply(
    authentication: Authentication,
    request: Request,
    secrets: Secrets,
    *,
    token: str = "",
    now: float = 0.0,
) -> Request:
    """Return the request with its proof.

    Args:
        token: what was bought, for `oauth2`.
        now: Unix seconds, for `hmac`.

    Raises:
        ToolConfigurationError: a credential is missing, or a header cannot carry it.
    """
    kind = authentication.type
    if kind == "none":
        return request
    if kind == "oauth2":
        return _with_secret(request, "Authorization", "Bearer ", token, "access token", secrets)
    if kind == "hmac":
        return _signed(authentication, request, secrets, now)
    if kind == "basic":
        user = secrets.reveal(authentication.username_field or "")
        pair = basic(user, secrets.reveal(authentication.password_field or ""))
        return _with_secret(request, "Authorization", "Basic ", pair, "user or password", secrets)
    field = authentication.token_field or ""
    value = secrets.reveal(field)
    if authentication.query_name:
        return replace(request, url=_with_query(request.url, authentication.query_name, value))
    name = authentication.header_name or _WITH_HEADER[kind]
    prefix = "Bearer " if kind == "bearer" else ""
    return _with_secret(request, name, prefix, value, field, secrets)


def basic(user: str, password: str) -> str:
    """Return user and password as the basic scheme sends them (RFC 7617, UTF-8)."""
    return base64.b64encode(f"{user}:{password}".encode("utf-8", "replace")).decode()


def _problem(name: str, value: str) -> str:
    if "${" in value:
        return "${} does not work here; write it out."
    if name.endswith("_field") and not _CREDENTIAL.fullmatch(value):
        return "Write the name of a credential: letters, digits and underscores."
    if name in ("header_name", "timestamp_header_name"):
        if not HEADER_NAME.fullmatch(value):
            return f"{value[:60]!r} is not the name of a header."
        if value.lower() in RESERVED_HEADERS:
            return f"The header {value} is set by the platform; choose another one."
    if name == "token_url" and not value.lower().startswith(("https://", "http://")):
        return "Write the whole address, beginning with https:// (or http://)."
    return ""


def _signed(
    authentication: Authentication, request: Request, secrets: Secrets, now: float
) -> Request:
    timestamp = str(int(now))
    key = secrets.reveal(authentication.secret_field or "").encode("utf-8", "replace")
    message = timestamp.encode() + b"." + (request.body or b"")
    digest = getattr(hashlib, authentication.algorithm or "sha256")
    signature = hmac.new(key, message, digest).hexdigest()
    request = request.with_header(
        authentication.timestamp_header_name or _TIMESTAMP_HEADER, timestamp
    )
    header = authentication.header_name or _WITH_HEADER["hmac"]
    return _with_secret(request, header, "", signature, "signature", secrets)


def _with_secret(
    request: Request, header: str, prefix: str, value: str, name: str, secrets: Secrets
) -> Request:
    secrets.hide(value)
    if not value or value != value.strip() or _HEADER_UNSAFE.search(value):
        raise ToolConfigurationError(
            f"The value of {name} cannot stand in a header: it is empty, or has a line break, "
            "spaces around it or a character that headers cannot carry; staff must mend it."
        )
    return request.with_header(header, prefix + value)


def _with_query(url: str, name: str, value: str) -> str:
    base = url.partition("#")[0]
    joint = "&" if "?" in base else "?"
    if base.endswith(("?", "&")):
        joint = ""
    return f"{base}{joint}{quote_plus(name)}={quote(value.encode('utf-8', 'replace'), safe='')}"
