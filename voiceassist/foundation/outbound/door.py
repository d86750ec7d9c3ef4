"""Sending one request to a checked address, within one deadline; imports urllib3."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import certifi
from django.conf import settings
from urllib3 import Timeout
from urllib3.exceptions import HTTPError, SSLError

from voiceassist.foundation.outbound import addresses, connections
from voiceassist.foundation.outbound.body import read_body
from voiceassist.foundation.outbound.errors import (
    OutboundError,
    OutboundFailed,
    OutboundInvalid,
    OutboundTimeout,
)
from voiceassist.foundation.outbound.urls import Target, read_url
from voiceassist.foundation.outbound.watchdog import Guard, watchdog

MAX_BYTES = 1_000_000
USER_AGENT = "VoiceAssist/0.1"

_METHOD = re.compile(r"[A-Z]{1,20}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


@dataclass(frozen=True)
class OutboundResponse:
    """An answer, read whole. Header names are lower case; repeated ones are joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int


class Door:
    """A guarded way out with its own pools.

    Args:
        allow: exceptions as `host:port`, taken from OUTBOUND_ALLOW.
        lookup: stands in for the system's name look-up.
        ca_file: certificates that are trusted; the usual public ones by default.
    """

    def __init__(
        self,
        allow: Collection[str] = (),
        lookup: addresses.Lookup = addresses.system_lookup,
        ca_file: str = "",
    ) -> None:
        self._allow = frozenset(entry.strip().lower() for entry in allow)
        self._lookup = lookup
        self._pools = connections.pools(self._checked, ca_file or certifi.where())

    def check_url(self, url: str, *, lookup: bool = True, timeout: float = 5.0) -> None:
        """Judge an address before it is stored or called.

        Args:
            lookup: also look the name up and judge its addresses; else only how it is written.

        Raises:
            OutboundRefused: it may not be called; the message says why.
            OutboundFailed, OutboundTimeout: the name could not be looked up.
        """
        target = read_url(url, self._allow)
        if lookup or target.literal:
            self._checked(target.host, target.port, time.monotonic() + timeout)

    def resolve(self, host: str, port: int, *, timeout: float = 5.0) -> list[str]:
        """Return the checked addresses of a host.

        Raises:
            OutboundError: as `check_url`.
        """
        return self._checked(host, port, time.monotonic() + timeout)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10.0,
        max_bytes: int = MAX_BYTES,
    ) -> OutboundResponse:
        """Send one request and read its answer; redirects are answers like any other.

        Args:
            headers: Host, Content-Length and the like are ours and refused here.
            timeout: seconds for look-up, connection, sending and reading together.
            max_bytes: of the body, as sent and once decompressed.

        Raises:
            OutboundError: one class for each cause.
        """
        began = time.monotonic()
        deadline = began + timeout
        target = read_url(url, self._allow)
        sent = _headers(method, headers or {})
        guard = watchdog.guard(deadline)
        try:
            with connections.within(deadline, guard):
                status, received, content = self._exchange(
                    target, method, sent, body, max_bytes, guard, deadline
                )
        finally:
            guard.end()
        duration_ms = round((time.monotonic() - began) * 1000)
        return OutboundResponse(status, received, content, duration_ms)

    def _exchange(
        self,
        target: Target,
        method: str,
        headers: dict[str, str],
        body: bytes | None,
        max_bytes: int,
        guard: Guard,
        deadline: float,
    ) -> tuple[int, dict[str, str], bytes]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise OutboundTimeout(f"There was no time left to call {target.host}.")
        # Asked for by host and port, not by URL: what was checked is not parsed a second time.
        pool = self._pools.connection_from_host(target.host, target.port, target.scheme)
        response: Any = None
        try:
            response = pool.urlopen(
                method,
                target.path,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(total=left),
            )
            received = {name.lower(): value for name, value in response.headers.items()}
            content = read_body(response, received.get("content-encoding", "").lower(), max_bytes)
            if guard.fired:
                raise OutboundTimeout(f"{target.host} did not finish its answer in time.")
            guard.end()
            response.release_conn()
            return response.status, received, content
        except OutboundError:
            _discard(response)
            raise
        except (HTTPError, OSError, ValueError) as error:
            _discard(response)
            raise _translated(error, target.host, timed_out=guard.fired) from error

    def _checked(self, host: str, port: int, deadline: float) -> list[str]:
        name = host.strip("[]").lower()
        if addresses.is_address(name):
            found = [name]
        else:
            found = addresses.look_up(name, port, self._lookup, deadline)
        if f"{name}:{port}" in self._allow or f"[{name}]:{port}" in self._allow:
            return found
        return addresses.only_public(name, found)


def default_door() -> Door:
    """Return the process's door, with the exceptions of the settings."""
    return _door(tuple(settings.OUTBOUND_ALLOW))


def check_url(url: str, *, lookup: bool = True) -> None:
    """Judge an address; see `Door.check_url`."""
    default_door().check_url(url, lookup=lookup)


def resolve(host: str, port: int) -> list[str]:
    """Return the checked addresses of a host; see `Door.resolve`."""
    return default_door().resolve(host, port)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    max_bytes: int = MAX_BYTES,
) -> OutboundResponse:
    """Send one request through the process's door; see `Door.request`."""
    return default_door().request(
        method, url, headers=headers, body=body, timeout=timeout, max_bytes=max_bytes
    )


@lru_cache(maxsize=4)
def _door(allow: tuple[str, ...]) -> Door:
    return Door(allow)


def _headers(method: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Check what the caller sends and add what is ours.

    Raises:
        OutboundInvalid: the method or a header cannot be sent.
    """
    if not _METHOD.fullmatch(method):
        raise OutboundInvalid(f"{method[:20]!r} is no HTTP method.")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            raise OutboundInvalid(f"The header {name[:60]!r} cannot be set.")
        if _HEADER_UNSAFE.search(value) or not _latin(value):
            raise OutboundInvalid(
                f"The value of the header {name} has a line break, a control character or a "
                "character that headers cannot carry."
            )
    ours = {"Accept-Encoding": "gzip, identity"}
    if not any(name.lower() == "user-agent" for name in headers):
        ours["User-Agent"] = USER_AGENT
    return {**headers, **ours}


def _latin(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _translated(error: Exception, host: str, *, timed_out: bool) -> OutboundError:
    # urllib3 wraps what the connection raised, our own errors among it.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OutboundError):
            return cause
        cause = cause.__cause__ or cause.__context__
    if timed_out or "timed out" in str(error).lower():
        return OutboundTimeout(f"{host} did not answer in time.")
    if isinstance(error, SSLError):
        return OutboundFailed(f"The certificate of {host} cannot be trusted.", retryable=False)
    return OutboundFailed(f"The connection to {host} broke.")


def _discard(response: Any) -> None:
    """Close a connection whose answer was not read to its end."""
    if response is not None:
        response.close()
