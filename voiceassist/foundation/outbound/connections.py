"""Connections that are dialled to checked addresses and kept for reuse; imports urllib3.

urllib3 keeps the name for Host, SNI and the certificate; only the socket is opened here.
"""

from __future__ import annotations

import contextlib
import contextvars
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from voiceassist.foundation.outbound.errors import OutboundFailed, OutboundTimeout
from voiceassist.foundation.outbound.watchdog import Guard

Resolve = Callable[[str, int, float], list[str]]
"""(host, port, deadline on time.monotonic) → checked addresses."""

_IDLE_SECONDS = 15.0
_ATTEMPTS = 3

_deadline: contextvars.ContextVar[float] = contextvars.ContextVar("outbound_deadline")
_guard: contextvars.ContextVar[Guard] = contextvars.ContextVar("outbound_guard")


@contextlib.contextmanager
def within(deadline: float, guard: Guard) -> Iterator[None]:
    """Let connections that this thread opens or uses know their deadline."""
    tokens = _deadline.set(deadline), _guard.set(guard)
    try:
        yield
    finally:
        _deadline.reset(tokens[0])
        _guard.reset(tokens[1])


def pools(resolve: Resolve, ca_file: str) -> PoolManager:
    """Return pools whose every new socket goes to an address that `resolve` has checked."""

    class Pinned:
        """What both kinds of connection share."""

        def _new_conn(self) -> socket.socket:
            return _dial(self, resolve)

        def getresponse(self, *args: Any, **kwargs: Any) -> Any:
            _guard.get().watch(self.sock)  # type: ignore[attr-defined]
            self.used_at = time.monotonic()
            return super().getresponse(*args, **kwargs)  # type: ignore[misc]

    class PinnedHTTP(Pinned, HTTPConnection):
        """Without TLS."""

    class PinnedHTTPS(Pinned, HTTPSConnection):
        """With TLS to the name, whatever the address."""

    class Fresh:
        """Hands out no connection that lay idle for long: it may be dead, or its name moved."""

        def _get_conn(self, timeout: float | None = None) -> Any:
            connection = super()._get_conn(timeout)  # type: ignore[misc]
            if time.monotonic() - getattr(connection, "used_at", 0.0) > _IDLE_SECONDS:
                connection.close()
            return connection

    class PinnedHTTPPool(Fresh, HTTPConnectionPool):
        ConnectionCls = PinnedHTTP

    class PinnedHTTPSPool(Fresh, HTTPSConnectionPool):
        ConnectionCls = PinnedHTTPS

    manager = PoolManager(
        num_pools=64, maxsize=16, block=False, cert_reqs="CERT_REQUIRED", ca_certs=ca_file
    )
    manager.pool_classes_by_scheme = {"http": PinnedHTTPPool, "https": PinnedHTTPSPool}
    return manager


def _dial(connection: Any, resolve: Resolve) -> socket.socket:
    """Open a socket to the first checked address that answers.

    Raises:
        OutboundFailed: none answers.
        OutboundTimeout: not in time.
    """
    deadline = _deadline.get()
    addresses = resolve(connection.host, connection.port, deadline)
    last: OSError | None = None
    for index, address in enumerate(addresses[:_ATTEMPTS]):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        others = min(len(addresses), _ATTEMPTS) - index
        try:
            return _open(address, connection.port, left / others, connection.socket_options or ())
        except OSError as error:
            last = error
    if last is None or isinstance(last, TimeoutError):
        raise OutboundTimeout(f"{connection.host} did not accept a connection in time.")
    raise OutboundFailed(f"{connection.host} refused the connection ({last.strerror or last}).")


def _open(address: str, port: int, seconds: float, options: Any) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        for option in options:
            sock.setsockopt(*option)
        sock.settimeout(seconds)
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock
