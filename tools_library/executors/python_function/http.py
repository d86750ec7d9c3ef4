"""The parent's half of `requests` inside a tool: counts, bounds and sends what the child asks for.

Imports the engine and the outbound door. The child is hostile: every field is read as if it were.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tools_library.engine.deadline import Deadline
from tools_library.engine.secrets import Secrets
from tools_library.engine.types import Network
from tools_library.executors.authentication import Request
from tools_library.executors.http import traced_request, traced_response
from voiceassist.foundation import outbound

MAX_CALLS = 10
MAX_REQUEST_BYTES = 1_000_000
MAX_ANSWER_BYTES = 5_000_000
"""Of all answers of one run together, decoded."""

_REDIRECTS = 5
_MAX_HEADERS = 100
_TRANSPORT = frozenset({"timeout", "connection"})
_DROPPED = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
    "trailers", "upgrade", "expect", "accept-encoding", "via", "forwarded", "http2-settings",
})  # fmt: skip
_DROPPED_FAMILIES = ("proxy-", "x-forwarded-", "x-real-ip")


@dataclass(frozen=True)
class _Narrowed(outbound.Rules):
    """The tool's own hosts, within what the organization lets tools call."""

    outer: outbound.Rules = outbound.Rules()

    def check_host(self, host: str, port: int) -> None:
        """Judge a host by both."""
        self.outer.check_host(host, port)
        try:
            super().check_host(host, port)
        except outbound.OutboundRefused:
            raise outbound.OutboundRefused(
                f"{host} may not be called: it is not among the tool's allowed_hosts."
            ) from None

    def check_address(self, host: str, port: int, address: str) -> None:
        """Judge an address by both."""
        self.outer.check_address(host, port, address)


class ToolRequests:
    """The HTTP calls of one run; its instances are the sandbox's HTTP port.

    Args:
        deadline: the run's; no call may take longer.
        secrets: masked in what is traced.
        network: the organization's rules.
        hosts: the only ones that may be called; empty: all that the rules allow.
        longest_s: seconds that the code may run: once they are over nobody waits for an answer.
    """

    def __init__(
        self,
        deadline: Deadline,
        secrets: Secrets,
        network: Network = Network(),  # noqa: B008 - frozen
        hosts: Collection[str] = (),
        longest_s: float | None = None,
    ) -> None:
        self._deadline = deadline
        self._longest_s = longest_s
        self._secrets = secrets
        outer = outbound.Rules(network.allow, network.deny)
        self._rules = _Narrowed(frozenset(hosts), frozenset(), outer) if hosts else outer
        self._left = MAX_ANSWER_BYTES
        self._asked = 0
        self.trace: list[dict[str, Any]] = []
        self.last_error = ""

    @property
    def failed_in_transport(self) -> bool:
        """Whether the last call found nobody, or nobody in time."""
        return self.last_error in _TRANSPORT

    def __call__(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call; return its answer, or `{"error", "message"}`."""
        if self._asked == 0 and self._longest_s is not None:
            latest = self._deadline.clock.monotonic() + self._longest_s
            self._deadline = Deadline(min(self._deadline.at, latest), self._deadline.clock)
        self._asked += 1
        self.last_error = ""
        entry: dict[str, Any] = {}
        if self._asked > MAX_CALLS:
            text = f"A run may send {MAX_CALLS} requests; this would be one more."
            return self._failed({}, "limit", text)
        self.trace.append(entry)
        try:
            request, timeout, redirects = self._read(asked)
        except ValueError as error:
            return self._failed(entry, "invalid", str(error))
        entry["request"] = traced_request(request, self._secrets)
        if len(request.body or b"") > MAX_REQUEST_BYTES:
            text = f"A tool may send {MAX_REQUEST_BYTES:,} bytes at once; send less."
            return self._failed(entry, "too_large", text)
        try:
            response = self._send(request, timeout, redirects)
        except outbound.OutboundError as error:
            return self._failed(entry, _kind(error), error.public_message)
        entry["response"] = traced_response(response, self._secrets)
        self._left -= len(response.body)
        return _answer(response)

    def _read(self, asked: Mapping[str, Any]) -> tuple[Request, float, int]:
        """Return what the child asks for as a request, its time in seconds and its redirects.

        Raises:
            ValueError: it is no request; says why.
        """
        method, url, body = asked.get("method"), asked.get("url"), asked.get("body")
        if not isinstance(method, str) or not isinstance(url, str):
            raise ValueError("A request needs a method and an address.")
        try:
            content = None if body is None else base64.b64decode(body, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise ValueError("The request's body cannot be read.") from None
        timeout = asked.get("timeout")
        seconds = self._deadline.remaining
        if isinstance(timeout, (int, float)) and math.isfinite(timeout) and timeout > 0:
            seconds = min(seconds, float(timeout))
        redirects = _REDIRECTS if asked.get("allow_redirects") is True else 0
        return Request(method, url, _headers(asked.get("headers")), content), seconds, redirects

    def _send(self, request: Request, timeout: float, redirects: int) -> outbound.OutboundResponse:
        if timeout <= 0:
            raise outbound.OutboundTimeout("There was no time left for this request.")
        if self._left <= 0:
            raise outbound.OutboundTooLarge(_too_much())
        try:
            return outbound.request(
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
                timeout=timeout,
                max_bytes=self._left,
                redirects=redirects,
                rules=self._rules,
            )
        except outbound.OutboundTooLarge:
            raise outbound.OutboundTooLarge(_too_much()) from None

    def _failed(self, entry: dict[str, Any], kind: str, text: str) -> dict[str, Any]:
        masked = self._secrets.mask(text)
        entry["error"] = masked
        self.last_error = kind
        return {"error": kind, "message": masked}


def _headers(given: Any) -> dict[str, str]:
    """Return the headers that a tool may set; what belongs to the connection is dropped.

    Raises:
        ValueError: these are no headers.
    """
    if not isinstance(given, Mapping) or len(given) > _MAX_HEADERS:
        raise ValueError(f"Headers are a dict of at most {_MAX_HEADERS} texts.")
    kept = {}
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ValueError("Names and values of headers are texts.")
        low = name.lower()
        if low not in _DROPPED and not low.startswith(_DROPPED_FAMILIES):
            kept[name] = value
    return kept


def _kind(error: outbound.OutboundError) -> str:
    if isinstance(error, outbound.OutboundTimeout):
        return "timeout"
    if isinstance(error, outbound.OutboundTooLarge):
        return "too_large"
    if isinstance(error, outbound.OutboundInvalid):
        return "invalid"
    return "refused" if isinstance(error, outbound.OutboundRefused) else "connection"


def _too_much() -> str:
    return f"The answers of one run may hold {MAX_ANSWER_BYTES:,} bytes; this is more."


def _answer(response: outbound.OutboundResponse) -> dict[str, Any]:
    return {
        "status": response.status,
        "reason": _reason(response.status),
        "url": response.url,
        "headers": dict(response.headers),
        "body": base64.b64encode(response.body).decode("ascii"),
        "elapsed_ms": response.duration_ms,
    }


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
