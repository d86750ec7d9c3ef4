"""Which addresses may be called, and looking names up within a deadline; imports ssrfguard.

ssrfguard brings the table of special-purpose networks and decodes addresses that carry another one
(mapped, NAT64, 6to4, Teredo). Rows that its table lacks are added here; look-up, connection and
reading are our own, since it bounds neither their time nor the size of an answer.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Reach

from voiceassist.foundation.outbound.errors import (
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
)
from voiceassist.foundation.sharing import Places, party

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → its addresses, unchecked; raises where the name is unknown."""

_TABLE = AddressTable(
    (
        # Its permitted rows are anycast of the network's own gear (PCP, TURN, AS112), no services.
        *(
            replace(block, reach=Reach.DENIED) if block.reach is Reach.PERMITTED else block
            for block in DEFAULT_DENIED.blocks
        ),
        Block(ip_network("::ffff:0:0:0/96"), "IPv4-translated", "RFC 7915", Reach.DENIED),
        Block(ip_network("168.63.129.16/32"), "a cloud's platform address", "Azure", Reach.DENIED),
        # What nobody has been given yet leads nowhere, or somewhere inside.
        Block(ip_network("::/0"), "unassigned", "RFC 4291", Reach.DENIED),
        Block(ip_network("2000::/3"), "global unicast", "RFC 4291", Reach.PERMITTED),
    )
)
_CARRIERS = tuple(
    ip_network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
# More look-ups than this at once wait for one of them: a name server that stalls holds its thread.
# One organization's slow names hold a part of the places only.
_LOOKUPS = Places(64, each=16)


def is_public(address: str) -> bool:
    """Return whether an IP address is an ordinary public one."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and parsed.scope_id:
        return False
    return not _TABLE.classify(parsed).blocked


def carried(address: str) -> tuple[str, ...]:
    """Return the IPv4 addresses that an IPv6 one carries: where its packets end up in the end."""
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return ()
    if any(parsed in network for network in _CARRIERS):
        return (str(IPv4Address(int(parsed) & 0xFFFFFFFF)),)
    inner = parsed.teredo or (parsed.sixtofour,)
    return tuple(str(one) for one in inner if one is not None)


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name as the operating system gives them, in its order.

    Raises:
        OSError: the name is unknown or no name server answers.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def look_up(host: str, port: int, resolve: Resolve, deadline: float) -> list[str]:
    """Return the addresses of a name, each in its usual form; `deadline` is on `time.monotonic`.

    The operating system's look-up has no time limit of its own, so it runs in a thread that is
    left behind when the deadline passes.

    Raises:
        OutboundFailed: the name is unknown.
        OutboundRefused: an answer is no IP address.
        OutboundTimeout: no answer in time.
    """
    answers: list[str] = []
    done = threading.Event()
    who = party()

    def work() -> None:
        # Whatever a look-up raises, it has found nothing.
        with contextlib.suppress(Exception):
            answers.extend([str(answer) for answer in resolve(host, port)])
        done.set()
        _LOOKUPS.give_back(who)

    if not _LOOKUPS.take(who, _left(deadline)):
        raise OutboundTimeout(f"{host} could not be looked up in time.")
    try:
        threading.Thread(target=work, name="look-up", daemon=True).start()
    except RuntimeError:  # the system gives no more threads; the place must not be lost for good
        _LOOKUPS.give_back(who)
        raise OutboundFailed(f"{host} could not be looked up: the server is too busy.") from None
    if not done.wait(_left(deadline)):
        raise OutboundTimeout(f"{host} could not be looked up in time.")
    if not answers:
        raise OutboundFailed(f"The name {host} is not known.")
    try:
        return list(dict.fromkeys(str(ip_address(answer)) for answer in answers))
    except ValueError:
        raise OutboundRefused(f"The look-up of {host} gave what is no IP address.") from None


def check_public(host: str, address: str) -> None:
    """Judge an address that a host leads to.

    Raises:
        OutboundRefused: it is private, internal or special.
    """
    if not is_public(address):
        leads = "" if host == address else f" ({address})"
        raise OutboundRefused(
            f"{host} is {_kind(ip_address(address))}{leads}, which tools may not call. "
            "Whoever runs the server can allow it as host:port in OUTBOUND_ALLOW."
        )


def _kind(address: IPv4Address | IPv6Address) -> str:
    if address.is_loopback:
        return "this machine itself"
    return "a link-local address" if address.is_link_local else "not a public address"


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
