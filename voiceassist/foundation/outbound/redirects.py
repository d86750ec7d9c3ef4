"""What the next request is when an answer points elsewhere; sends nothing, imports urllib.parse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from voiceassist.foundation.outbound.errors import OutboundRefused
from voiceassist.foundation.outbound.urls import Target, bracketed

MAX_REDIRECTS = 5

_STATUSES = frozenset({301, 302, 303, 307, 308})
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
# A key may stand in a header of any name, so those that cannot hold one are named instead.
_KEPT_ABROAD = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-type",
        "idempotency-key",
        "user-agent",
    }
)


@dataclass(frozen=True)
class Outgoing:
    """A request that is ready to go."""

    method: str
    target: Target
    headers: dict[str, str]
    body: bytes | None


def points_elsewhere(status: int, location: str | None) -> bool:
    """Return whether an answer is a redirect that can be followed."""
    return status in _STATUSES and location is not None


def next_url(target: Target, location: str) -> str:
    """Return the address that an answer of `target` points to, unchecked.

    Raises:
        OutboundRefused: what it says cannot be read in one way only.
    """
    # Headers are read as Latin-1; a path that was sent in UTF-8 is meant as such.
    text = location.strip(" \t").encode("latin-1", "replace").decode("utf-8", "replace")
    if _ODD.search(text):
        raise OutboundRefused(
            f"{target.host} redirects to an address with a space, a backslash or a control "
            "character."
        )
    # What names a host is read as it stands: joining would forgive what a reader refuses.
    if _ABSOLUTE.match(text):
        return text
    if text.startswith("//"):
        return f"{target.scheme}:{text}"
    return urljoin(target.url, text)


def next_request(sent: Outgoing, status: int, target: Target) -> Outgoing:
    """Return the request that follows `sent`, to a target that was judged.

    A form that was sent is asked for with GET (301, 302 after POST; 303); 307 and 308 send it
    again. On another scheme, host or port only harmless headers go along, and no body.

    Raises:
        OutboundRefused: it leads from https to http, or would repeat a body elsewhere.
    """
    if sent.target.scheme == "https" and target.scheme == "http":
        raise OutboundRefused(
            f"{sent.target.host} redirects from https to http, where others could read along."
        )
    headers = sent.headers
    if target.origin != sent.target.origin:
        headers = {n: value for n, value in headers.items() if n.lower() in _KEPT_ABROAD}
    if status == 303 and sent.method != "HEAD" or status in (301, 302) and sent.method == "POST":
        headers = {n: value for n, value in headers.items() if not n.lower().startswith("content-")}
        return Outgoing("GET", target, headers, None)
    if sent.body and target.origin != sent.target.origin:
        raise OutboundRefused(
            f"{sent.target.host} redirects what was sent to another place: {_place(target)}. A "
            "body may hold a key, so it is not sent on; write that address instead, if it is right."
        )
    return Outgoing(sent.method, target, headers, sent.body)


def _place(target: Target) -> str:
    scheme, host, port = target.origin
    return f"{scheme}://{bracketed(host)}:{port}"
