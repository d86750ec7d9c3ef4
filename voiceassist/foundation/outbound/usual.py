"""The door of this process, which everybody uses; imports Django for `OUTBOUND_ALLOW` alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from django.conf import settings

from voiceassist.foundation.outbound.addresses import Resolve
from voiceassist.foundation.outbound.body import Enough
from voiceassist.foundation.outbound.door import MAX_BYTES, Door, OutboundResponse
from voiceassist.foundation.outbound.rules import Rules


def default_door() -> Door:
    """Return the process's door, with the exceptions of the settings."""
    return _door(tuple(settings.OUTBOUND_ALLOW))


def check_url(url: str, *, resolve: Resolve | None = None, rules: Rules | None = None) -> None:
    """Judge an address: how it is written, its port, and every address its name leads to.

    Args:
        resolve: looks names up instead of the system; `(host, port) -> addresses`.
        rules: the organization's.

    Raises:
        OutboundRefused: it may not be called, or its name cannot be looked up; the message says
            why and how to mend it.
    """
    default_door().check_url(url, resolve=resolve, rules=rules)


def check_spelling(url: str, *, rules: Rules | None = None) -> None:
    """Judge an address without a look-up: for a save, which no slow name server should stop.

    Raises:
        OutboundRefused: it may not be called, wherever its name leads.
    """
    default_door().check_spelling(url, rules=rules)


def connect_checked(
    host: str,
    port: int,
    *,
    ports: Collection[int],
    timeout: float = 5.0,
    rules: Rules | None = None,
) -> list[str]:
    """Return the checked addresses of a host, for a client of another protocol to connect to.

    The client must dial one of these and no name, or its own look-up may give another one:
    `hostaddr` beside `host` for PostgreSQL.

    Args:
        ports: what the protocol may use besides the exceptions of OUTBOUND_ALLOW.
        timeout: seconds for the look-up.

    Raises:
        OutboundError: refused, unknown, or not in time.
    """
    return default_door().connect_checked(host, port, ports=ports, timeout=timeout, rules=rules)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    connect_timeout: float | None = None,
    max_bytes: int = MAX_BYTES,
    redirects: int = 0,
    rules: Rules | None = None,
    repeatable: bool = False,
    enough: Enough | None = None,
) -> OutboundResponse:
    """Send one request through the process's door and read its answer.

    Args:
        headers: Host, Content-Length and the like are ours and refused here.
        timeout: seconds for look-up, connection, sending, redirects and reading together.
        connect_timeout: seconds of these for look-up and connection, at each hop; too slow a
            connection is OutboundFailed, since nothing was sent.
        max_bytes: of the body, as sent and once decompressed.
        redirects: how many are followed, at most MAX_REDIRECTS; with 0 a redirect is an answer
            like any other. Each is judged as if it were typed. To another scheme, host or port
            only headers go along that cannot hold a key; a body is refused to be repeated there.
        rules: the organization's.
        repeatable: the other side may get it twice. A connection that was kept from an earlier
            request may be closed at the moment it is taken up again; then it is sent once more,
            at once, on a new one.
        enough: of an event stream (`text/event-stream`), is given each piece as it comes; once it
            returns True the answer is what has come, and the stream is left.

    Raises:
        OutboundError: one class for each cause.
    """
    return default_door().request(
        method,
        url,
        headers=headers,
        body=body,
        timeout=timeout,
        connect_timeout=connect_timeout,
        max_bytes=max_bytes,
        redirects=redirects,
        rules=rules,
        repeatable=repeatable,
        enough=enough,
    )


@lru_cache(maxsize=4)
def _door(allow: tuple[str, ...]) -> Door:
    return Door(allow)
