"""Which addresses may be called, and looking names up within a deadline; imports ssrfguard.

ssrfguard brings the table of special-purpose networks and decodes addresses that carry another one
(mapped, NAT64, 6to4, Teredo). Its table lacks two rows, added here; look-up, connection and reading
are our own, since it bounds neither their time nor the size of an answer.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Reach

from voiceassist.foundation.outbound.errors import (
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
)

Lookup = Callable[[str, int], Sequence[str]]

_TABLE = AddressTable(
    (
        *DEFAULT_DENIED.blocks,
        Block(ip_network("::ffff:0:0:0/96"), "IPv4-translated", "RFC 7915", Reach.DENIED),
        Block(ip_network("168.63.129.16/32"), "a cloud's platform address", "Azure", Reach.DENIED),
    )
)
# More look-ups than this at once wait for one of them: a name server that stalls holds its thread.
_LOOKUPS = threading.BoundedSemaphore(64)


def is_address(host: str) -> bool:
    """Return whether a host is an IP address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Return whether an IP address is an ordinary public one."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and parsed.scope_id:
        return False
    return not _TABLE.classify(parsed).blocked


def system_lookup(host: str, port: int) -> list[str]:
    """Return the addresses of a name as the operating system gives them, in its order.

    Raises:
        OSError: the name is unknown or no name server answers.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def look_up(host: str, port: int, lookup: Lookup, deadline: float) -> list[str]:
    """Return the addresses of a name; `deadline` is on `time.monotonic`.

    The operating system's look-up has no time limit of its own, so it runs in a thread that is
    left behind when the deadline passes.

    Raises:
        OutboundFailed: the name is unknown.
        OutboundTimeout: no answer in time.
    """
    answer: dict[str, Any] = {}

    def work() -> None:
        try:
            answer["addresses"] = list(lookup(host, port))
        except (OSError, UnicodeError) as error:
            answer["error"] = error
        finally:
            _LOOKUPS.release()

    if not _LOOKUPS.acquire(timeout=_left(deadline)):
        raise OutboundTimeout(f"{host} could not be looked up in time.")
    thread = threading.Thread(target=work, name="look-up", daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not answer:
        raise OutboundTimeout(f"{host} could not be looked up in time.")
    if not answer.get("addresses"):
        raise OutboundFailed(f"The name {host} is not known.")
    return list(answer["addresses"])


def only_public(host: str, addresses: Sequence[str]) -> list[str]:
    """Return the addresses; one that is not public refuses them all.

    A name with public and internal answers at once is how a guard is fooled, not how a service is
    published.

    Raises:
        OutboundRefused: an address is private, internal or special.
    """
    for address in addresses:
        if not is_public(address):
            raise OutboundRefused(
                f"{host} is {_kind(ip_address(address))} ({address}), which tools may not call. "
                "Whoever runs the server can allow it as host:port in OUTBOUND_ALLOW."
            )
    return list(addresses)


def _kind(address: IPv4Address | IPv6Address) -> str:
    if address.is_loopback:
        return "this machine itself"
    return "a link-local address" if address.is_link_local else "not a public address"


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
