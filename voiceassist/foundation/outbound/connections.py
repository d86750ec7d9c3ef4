"""Connections that are dialled to checked addresses and kept for reuse; imports urllib3.

urllib3 keeps the name for Host, SNI and the certificate; only the socket is opened here.
"""

from __future__ import annotations

import contextlib
import contextvars
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from voiceassist.foundation.outbound.errors import OutboundFailed, OutboundTimeout
from voiceassist.foundation.outbound.watchdog import Guard

# At most this many hosts keep at most this many idle connections each.
POOLS = 32
KEPT = 16
# A connection that lay idle may be dead; a name may lead elsewhere after a while.
IDLE_SECONDS = 15.0
LIFE_SECONDS = 60.0
_ATTEMPTS = 3


@dataclass(frozen=True)
class Errand:
    """What a connection must know of the request that it is opened or taken up for.

    Attributes:
        deadline: on `time.monotonic`.
        connect_by: the same for look-up and connection alone.
        addresses: (host, port) → checked addresses; raises where there are none to dial.
        permits: (host, port, address) → whether a connection made to it earlier may serve.
        anew: no connection made earlier may serve.
    """

    deadline: float
    connect_by: float
    guard: Guard
    addresses: Callable[[str, int], list[str]]
    permits: Callable[[str, int, str], bool]
    anew: bool = False


_errand: contextvars.ContextVar[Errand] = contextvars.ContextVar("outbound_errand")


@contextlib.contextmanager
def on(errand: Errand) -> Iterator[None]:
    """Let connections that this thread opens or takes up know their errand."""
    token = _errand.set(errand)
    try:
        yield
    finally:
        _errand.reset(token)


class _Pinned:
    """What connections with and without TLS share."""

    host: str
    port: int
    sock: Any
    socket_options: Any
    dialled = ""
    dialled_at = used_at = 0.0
    guard: Guard | None = None

    def _new_conn(self) -> socket.socket:
        errand = _errand.get()
        sock, self.dialled = _dial(self._bare_host(), self.port, errand, self.socket_options or ())
        self.dialled_at = self.used_at = time.monotonic()
        sock.settimeout(max(0.001, errand.deadline - self.dialled_at))
        return sock

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._watch(kept=False)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and self.guard is not _errand.get().guard:
            self._watch(kept=True)
        super().request(*args, **kwargs)  # type: ignore[misc]

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        self.used_at = time.monotonic()
        return super().getresponse(*args, **kwargs)  # type: ignore[misc]

    def _watch(self, *, kept: bool) -> None:
        # Kept connections are free a moment before the request before is over for its guard.
        before, self.guard = self.guard, _errand.get().guard
        if before is not None and before is not self.guard:
            before.end()
        self.guard.watch(self.sock, kept=kept)

    def _bare_host(self) -> str:
        return self.host.strip("[]")

    def may_serve(self) -> bool:
        """Return whether a kept connection may take up the present errand."""
        now = time.monotonic()
        return (
            not _errand.get().anew
            and now - self.used_at <= IDLE_SECONDS
            and now - self.dialled_at <= LIFE_SECONDS
            and _errand.get().permits(self._bare_host(), self.port, self.dialled)
        )


class _PinnedHTTP(_Pinned, HTTPConnection):
    """Without TLS."""


class _PinnedHTTPS(_Pinned, HTTPSConnection):
    """With TLS to the name, whatever the address."""


class _Rechecked:
    """Judges a kept connection again before it is handed out; a closed one is dialled anew."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if connection.sock is not None and not connection.may_serve():
            connection.close()
        return connection


class _HTTPPool(_Rechecked, HTTPConnectionPool):
    ConnectionCls = _PinnedHTTP


class _HTTPSPool(_Rechecked, HTTPSConnectionPool):
    ConnectionCls = _PinnedHTTPS


def pools(ca_file: str) -> PoolManager:
    """Return pools whose sockets all go to addresses that their errand has checked."""
    # One context for all: reading the certificates takes longer than most requests.
    context = ssl.create_default_context(cafile=ca_file)
    context.hostname_checks_common_name = False
    manager = PoolManager(num_pools=POOLS, maxsize=KEPT, block=False, ssl_context=context)
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
    return manager


def _dial(host: str, port: int, errand: Errand, options: Any) -> tuple[socket.socket, str]:
    """Open a socket to the first checked address that answers.

    Raises:
        OutboundFailed: none answers, or none within the time for connecting.
        OutboundTimeout: the request's whole time is over.
    """
    try:
        return _dial_by(errand.connect_by, host, port, errand, options)
    except OutboundTimeout as error:
        if time.monotonic() >= errand.deadline:
            raise
        raise OutboundFailed(error.public_message) from None


def _dial_by(
    connect_by: float, host: str, port: int, errand: Errand, options: Any
) -> tuple[socket.socket, str]:
    addresses = errand.addresses(host, port)[:_ATTEMPTS]
    last: OSError | None = None
    for index, address in enumerate(addresses):
        left = connect_by - time.monotonic()
        if left <= 0:
            break
        try:
            return _open(address, port, left / (len(addresses) - index), options), address
        except OSError as error:
            last = error
    if last is None or isinstance(last, TimeoutError):
        raise OutboundTimeout(f"{host} did not accept a connection in time.")
    raise OutboundFailed(f"{host} refused the connection ({last.strerror or last}).")


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
