"""Sending a tool's request with its proof, and telling staff what went over the line.

Imports the engine and the outbound door; shared by every kind that speaks HTTP.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolError
from tools_library.engine.secrets import Secrets
from tools_library.engine.types import Network, ToolCall
from tools_library.executors.access_tokens import TokenCache, purchase, tokens
from tools_library.executors.authentication import Authentication, Request, apply
from tools_library.executors.door_faults import tool_error
from voiceassist.foundation import outbound

REDIRECTS = 3
RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})

_TRACED = 2_000
_HIDDEN_HEADERS = frozenset({
    "authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization",
})  # fmt: skip


@dataclass(frozen=True)
class Line:
    """How a tool's requests travel.

    Attributes:
        connect_timeout: seconds for look-up and connection alone.
        redirects: how many are followed.
        rules: the organization's allowed and denied hosts.
        tokens: where bought tokens are kept.
        repeatable: the other side may get a request twice, as one that only reads.
        enough: when an event stream need not be read on, see `outbound.request`.
    """

    connect_timeout: float | None = None
    redirects: int = 0
    rules: outbound.Rules | None = None
    tokens: TokenCache = field(default=tokens)
    repeatable: bool = False
    enough: Callable[[bytes], bool] | None = None


def send_proven(
    request: Request,
    authentication: Authentication,
    call: ToolCall,
    deadline: Deadline,
    line: Line,
    trace: dict[str, Any],
) -> outbound.OutboundResponse:
    """Send a request with its proof; `trace` gets `request` and `response`, masked.

    An access token that is refused with 401 is bought anew, once.

    Raises:
        ToolError: nothing came back, or there is no proof to send.
    """
    if authentication.type != "oauth2":
        proven = apply(authentication, request, call.secrets, now=time.time())
        return _send_traced(proven, call.secrets, deadline, line, trace)
    bought = purchase(authentication, call.context.get("organization_id"), call.secrets)
    buy = partial(bought.buy, partial(_buy, line), call.secrets, deadline)
    for last in (False, True):
        with before_sending():
            token = line.tokens.get(bought.key, buy, deadline)
        proven = apply(authentication, request, call.secrets, token=token)
        response = _send_traced(proven, call.secrets, deadline, line, trace)
        if response.status != 401 or last:
            break
        line.tokens.forget(bought.key, token)
        trace["warnings"] = ["The access token was refused; a new one was bought."]
    return response


@contextlib.contextmanager
def before_sending() -> Iterator[None]:
    """Mark what fails inside as a failure before the tool's own request went out."""
    try:
        yield
    except ToolError as error:
        error.nothing_sent = True
        raise


def send(request: Request, deadline: Deadline, line: Line) -> outbound.OutboundResponse:
    """Send a request through the outbound door.

    Raises:
        ToolError: nothing came back.
    """
    try:
        return outbound.request(
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
            timeout=deadline.remaining,
            connect_timeout=line.connect_timeout,
            redirects=line.redirects,
            rules=line.rules,
            repeatable=line.repeatable,
            enough=line.enough,
        )
    except outbound.OutboundError as error:
        raise tool_error(error) from None


def rules(network: Network) -> outbound.Rules | None:
    """Return the organization's rules as the door takes them; None where there are none.

    Raises:
        ToolError: one of them cannot be read.
    """
    if not network.allow and not network.deny:
        return None
    try:
        return outbound.Rules(network.allow, network.deny)
    except outbound.OutboundError as error:
        raise tool_error(error) from None


def retry_after(headers: Mapping[str, str], now: datetime.datetime) -> float | None:
    """Return the seconds that an answer asks to be left alone; None where it does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(text)
    with contextlib.suppress(ValueError):
        at = parsedate_to_datetime(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=datetime.UTC)
        return max(0.0, (at - now).total_seconds())
    return None


def traced_request(request: Request, secrets: Secrets) -> dict[str, Any]:
    """Return a request for staff, secrets masked before anything is cut."""
    return {
        "method": request.method,
        "url": secrets.mask(request.url)[:_TRACED],
        "headers": _headers(request.headers, secrets),
        "body": _text(request.body or b"", secrets),
    }


def traced_response(response: outbound.OutboundResponse, secrets: Secrets) -> dict[str, Any]:
    """Return an answer for staff, secrets masked before anything is cut."""
    return {
        "status": response.status,
        "headers": _headers(response.headers, secrets),
        "body": _text(response.body, secrets),
        "duration_ms": response.duration_ms,
    }


def _send_traced(
    request: Request, secrets: Secrets, deadline: Deadline, line: Line, trace: dict[str, Any]
) -> outbound.OutboundResponse:
    trace["request"] = traced_request(request, secrets)
    trace.pop("response", None)
    response = send(request, deadline, line)
    trace["response"] = traced_response(response, secrets)
    if response.url != request.url and line.redirects:
        trace["response"]["url"] = secrets.mask(response.url)[:_TRACED]
    return response


def _buy(line: Line, request: Request, deadline: Deadline) -> outbound.OutboundResponse:
    """Send a token's request: a redirect of it would carry the client's secret elsewhere."""
    try:
        own = Line(line.connect_timeout, 0, line.rules, repeatable=True)
        return send(request, deadline, own)
    except ToolError as error:
        error.detail = f"While an access token was bought: {error.detail}"
        raise


def _headers(headers: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    return {
        secrets.mask(name): "•••"
        if name.lower() in _HIDDEN_HEADERS
        else secrets.mask(value)[:_TRACED]
        for name, value in headers.items()
    }


def _text(body: bytes, secrets: Secrets) -> str:
    return str(secrets.mask(body.decode("utf-8", "replace"))[:_TRACED])
