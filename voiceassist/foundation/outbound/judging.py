"""Whether an address may be called: how it is written, whose it is, where it leads; no sockets.

Imports the reading of addresses, their table and an organization's rules.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

from voiceassist.foundation.outbound.addresses import Resolve, check_public, look_up
from voiceassist.foundation.outbound.errors import OutboundRefused
from voiceassist.foundation.outbound.rules import Rules
from voiceassist.foundation.outbound.urls import (
    Target,
    bracketed,
    is_address,
    read_authority,
    read_url,
)

WEB_PORTS = frozenset({80, 443})
# Names that by their definition lead inside: RFC 6761, 6762, 8375 and ICANN's reservation.
_LOCAL_ENDINGS = (".localhost", ".local", ".localdomain", ".internal", ".home.arpa")


@dataclass(frozen=True)
class Judge:
    """Judges with the exceptions of one server.

    Attributes:
        allow: pairs of host and port that may have any address and any port.
        resolve: looks names up.
    """

    allow: frozenset[tuple[str, int]]
    resolve: Resolve

    def url(self, url: str, rules: Rules | None = None) -> Target:
        """Judge how an address is written, without a look-up.

        Raises:
            OutboundRefused: it may not be called, wherever its name leads.
        """
        target = read_url(url)
        self.place(target.host, target.port, WEB_PORTS, rules)
        return target

    def place(self, host: str, port: int, ports: Collection[int], rules: Rules | None) -> None:
        """Judge a host that was read, and a port, without a look-up.

        Raises:
            OutboundRefused: it may not be called.
        """
        if rules is not None:
            rules.check_host(host, port)
        if (host, port) in self.allow:
            return
        if port not in ports:
            usual = " and ".join(str(one) for one in sorted(ports)) or "none"
            raise OutboundRefused(
                f"Port {port} may not be called, only {usual}. Whoever runs the server can allow "
                f"{bracketed(host)}:{port} in OUTBOUND_ALLOW."
            )
        if is_address(host):
            self.address(host, port, host, rules)
        elif "." not in host or host.endswith(_LOCAL_ENDINGS):
            raise OutboundRefused(
                f"{host} is a name inside a network, which tools may not call. Whoever runs the "
                f"server can allow {host}:{port} in OUTBOUND_ALLOW."
            )

    def address(self, host: str, port: int, address: str, rules: Rules | None) -> None:
        """Judge one address that a host leads to.

        Raises:
            OutboundRefused: it may not be dialled.
        """
        if rules is not None:
            rules.check_address(host, port, address)
        if (host, port) not in self.allow:
            check_public(host, address)

    def addresses(self, host: str, port: int, deadline: float, rules: Rules | None) -> list[str]:
        """Look a host up and judge every answer; `deadline` is on `time.monotonic`.

        One bad answer refuses the name: public and internal answers at once are how a guard is
        fooled, not how a service is published.

        Raises:
            OutboundError: refused, unknown, or not in time.
        """
        if is_address(host):
            found = [str(ip_address(host))]
        else:
            found = look_up(host, port, self.resolve, deadline)
        for address in found:
            self.address(host, port, address, rules)
        return found


def read_exceptions(entries: Collection[str]) -> frozenset[tuple[str, int]]:
    """Read OUTBOUND_ALLOW.

    Raises:
        OutboundRefused: an entry is not `host:port`; nothing is called until it is mended.
    """
    read = set()
    for entry in entries:
        try:
            host, port = read_authority(entry.strip())
        except OutboundRefused:
            host, port = "", None
        if not host or port is None:
            raise OutboundRefused(f"OUTBOUND_ALLOW holds {entry!r}; write host:port.")
        read.add((host, port))
    return frozenset(read)
