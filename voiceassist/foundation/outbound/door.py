"""Sending requests to checked addresses, each within one deadline; imports urllib3."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import certifi
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError, SSLError

from voiceassist.foundation.outbound import connections
from voiceassist.foundation.outbound.addresses import Resolve, system_resolve
from voiceassist.foundation.outbound.body import Body, Enough, is_stream, read_body
from voiceassist.foundation.outbound.errors import (
    OutboundBroken,
    OutboundError,
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
)
from voiceassist.foundation.outbound.headers import checked_headers
from voiceassist.foundation.outbound.judging import Judge, read_exceptions
from voiceassist.foundation.outbound.redirects import (
    MAX_REDIRECTS,
    Outgoing,
    next_request,
    next_url,
    points_elsewhere,
)
from voiceassist.foundation.outbound.rules import Rules
from voiceassist.foundation.outbound.urls import read_host
from voiceassist.foundation.outbound.watchdog import Guard, watchdog

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class OutboundResponse:
    """An answer, read whole. Header names are lower case; repeated ones are joined by a comma.

    `url` is the address that gave it: another than was asked for where redirects were followed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int
    url: str


@dataclass(frozen=True)
class _Terms:
    """What holds for every hop of a request; `deadline` is on `time.monotonic`."""

    deadline: float
    connect_timeout: float
    max_bytes: int
    rules: Rules | None
    follow: bool
    repeatable: bool
    enough: Enough | None


class Door:
    """A guarded way out with its own pools.

    Args:
        allow: exceptions as `host:port`, taken from OUTBOUND_ALLOW.
        resolve: looks names up; `(host, port) -> addresses`.
        ca_file: certificates that are trusted; the usual public ones by default.

    Raises:
        OutboundRefused: an exception is written otherwise.
    """

    def __init__(
        self,
        allow: Collection[str] = (),
        resolve: Resolve = system_resolve,
        ca_file: str = "",
    ) -> None:
        self._judge = Judge(read_exceptions(allow), resolve)
        self._ca_file = ca_file or certifi.where()

    def check_url(
        self, url: str, *, resolve: Resolve | None = None, rules: Rules | None = None
    ) -> None:
        """Judge an address and everything its name leads to; see `check_url` of the package."""
        judge = Judge(self._judge.allow, resolve or self._judge.resolve)
        target = judge.url(url, rules)
        try:
            judge.addresses(target.host, target.port, time.monotonic() + 5.0, rules)
        except OutboundRefused:
            raise
        except OutboundError as error:  # what cannot be judged is not passed
            raise OutboundRefused(error.public_message, retryable=True) from None

    def check_spelling(self, url: str, *, rules: Rules | None = None) -> None:
        """Judge an address as far as possible without a look-up.

        Raises:
            OutboundRefused: it may not be called, wherever its name leads.
        """
        self._judge.url(url, rules)

    def connect_checked(
        self,
        host: str,
        port: int,
        *,
        ports: Collection[int],
        timeout: float = 5.0,
        rules: Rules | None = None,
    ) -> list[str]:
        """Return the addresses to dial; see `connect_checked` of the package."""
        deadline = time.monotonic() + timeout
        name = read_host(host)
        self._judge.place(name, port, ports, rules)
        return self._judge.addresses(name, port, deadline, rules)

    def request(
        self,
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
        """Send one request and read its answer; see `request` of the package."""
        began = time.monotonic()
        terms = _Terms(
            deadline=began + timeout,
            connect_timeout=connect_timeout or timeout,
            max_bytes=max_bytes,
            rules=rules,
            follow=redirects > 0,
            repeatable=repeatable,
            enough=enough,
        )
        target = self._judge.url(url, rules)
        outgoing = Outgoing(method, target, checked_headers(method, headers or {}), body)
        left = min(redirects, MAX_REDIRECTS)
        hops = 0
        try:
            while True:
                status, received, content = self._sent(outgoing, terms)
                if not (terms.follow and _elsewhere(status, received)):
                    ms = round((time.monotonic() - began) * 1000)
                    return OutboundResponse(status, received, content, ms, outgoing.target.url)
                hops += 1
                if hops > left:
                    raise OutboundFailed(
                        f"{target.host} redirects more often than is followed.", retryable=False
                    )
                outgoing = self._next(outgoing, status, received["location"], rules)
        except OutboundError as error:
            error.sent = error.sent or hops > 0
            raise

    def _next(self, sent: Outgoing, status: int, location: str, rules: Rules | None) -> Outgoing:
        url = next_url(sent.target, location)
        try:
            target = self._judge.url(url, rules)
        except OutboundRefused as error:
            raise OutboundRefused(
                f"{sent.target.host} redirects to where nothing may be called. "
                f"{error.public_message}"
            ) from None
        return next_request(sent, status, target)

    def _sent(self, outgoing: Outgoing, terms: _Terms) -> tuple[int, dict[str, str], bytes]:
        try:
            return self._send(outgoing, terms)
        except OutboundBroken as error:
            if not (terms.repeatable and error.stale):
                raise
        return self._send(outgoing, terms, anew=True)

    def _send(
        self, outgoing: Outgoing, terms: _Terms, *, anew: bool = False
    ) -> tuple[int, dict[str, str], bytes]:
        guard, rules = watchdog.guard(terms.deadline), terms.rules
        connect_by = min(terms.deadline, time.monotonic() + terms.connect_timeout)
        errand = connections.Errand(
            terms.deadline,
            connect_by,
            guard,
            lambda host, port: self._judge.addresses(host, port, connect_by, rules),
            partial(self._permits, rules),
            anew,
        )
        try:
            with connections.on(errand):
                return self._exchange(outgoing, guard, terms)
        except OutboundError as error:
            error.sent = guard.watched
            raise
        finally:
            guard.end()

    def _exchange(
        self, outgoing: Outgoing, guard: Guard, terms: _Terms
    ) -> tuple[int, dict[str, str], bytes]:
        target = outgoing.target
        left = terms.deadline - time.monotonic()
        if left <= 0:
            raise OutboundTimeout(f"There was no time left to call {target.host}.")
        response: Any = None
        try:
            # Asked for by host and port, not by URL: what was checked is not parsed a second time.
            pool = self._pools.connection_from_host(target.host, target.port, target.scheme)
            response = pool.urlopen(
                outgoing.method,
                target.path,
                body=outgoing.body,
                headers=outgoing.headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(total=left),
            )
            received = {name.lower(): value for name, value in response.headers.itermerged()}
            if terms.follow and _elsewhere(response.status, received):
                response.close()
                return response.status, received, b""
            body = _body(response, received, terms)
            if guard.fired:
                raise OutboundTimeout(f"{target.host} did not finish its answer in time.")
            guard.end()
            if body.whole:
                response.release_conn()
            else:
                response.close()
            return response.status, received, body.content
        except OutboundError:
            _discard(response)
            raise
        except (HTTPError, OSError, ValueError) as error:
            _discard(response)
            raised = _translated(error, target.host, guard)
            if isinstance(raised, OutboundBroken):
                raised.stale = guard.kept and response is None and _wordless(error)
            raise raised from error

    def _permits(self, rules: Rules | None, host: str, port: int, address: str) -> bool:
        try:
            self._judge.address(host, port, address, rules)
        except OutboundRefused:
            return False
        return True

    @cached_property
    def _pools(self) -> PoolManager:
        return connections.pools(self._ca_file)


def _elsewhere(status: int, headers: Mapping[str, str]) -> bool:
    return points_elsewhere(status, headers.get("location"))


def _body(response: Any, headers: Mapping[str, str], terms: _Terms) -> Body:
    if response.status < 200:
        # The real answer would follow and be taken for that of the connection's next request.
        raise OutboundBroken("The answer is only the announcement of another one.")
    encoding = headers.get("content-encoding", "").strip().lower()
    enough = terms.enough if is_stream(headers) else None
    return read_body(response, encoding, terms.max_bytes, enough)


def _translated(error: Exception, host: str, guard: Guard) -> OutboundError:
    if guard.fired or "timed out" in str(error).lower():
        return OutboundTimeout(f"{host} did not answer in time.")
    if isinstance(error, SSLError):
        return OutboundFailed(f"The certificate of {host} cannot be trusted.", retryable=False)
    if not guard.watched:
        return OutboundFailed(f"{host} broke the connection before the request was sent.")
    return OutboundBroken(f"The connection to {host} broke.")


def _wordless(error: Exception) -> bool:
    """Return whether a connection ended before the first byte of an answer."""
    return any(isinstance(each, ConnectionError) for each in (error, *error.args))


def _discard(response: Any) -> None:
    """Close a connection whose answer was not read to its end."""
    if response is not None:
        response.close()
