"""Which hosts an organization lets its tools call; imports the reading of addresses.

Rules only narrow: they open no port and no private address. That, OUTBOUND_ALLOW alone does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from voiceassist.foundation.outbound.addresses import carried
from voiceassist.foundation.outbound.errors import OutboundInvalid, OutboundRefused
from voiceassist.foundation.outbound.urls import bracketed, is_address, read_authority


@dataclass(frozen=True)
class Rules:
    """Entries are `host`, `*.host` (every name below it, not itself), each also with `:port`.

    A denied host is never called. Where any host is allowed, no other is called. A denied IP
    address is refused for names that lead to it, too.

    Raises:
        OutboundInvalid: an entry is written otherwise.
    """

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("allow", "deny"):
            entries: Collection[str] = getattr(self, name)
            object.__setattr__(self, name, frozenset(read_rule(entry) for entry in entries))

    def check_host(self, host: str, port: int) -> None:
        """Judge a host that was read.

        Raises:
            OutboundRefused: the organization does not let it be called.
        """
        ways = set(_ways(host, port))
        if denied := sorted(ways & self.deny):
            raise OutboundRefused(
                f"{host} may not be called: your organization denies {denied[0]}."
            )
        if self.allow and not ways & self.allow:
            raise OutboundRefused(
                f"{host}:{port} may not be called: it is not among the hosts that your "
                "organization allows."
            )

    def check_address(self, host: str, port: int, address: str) -> None:
        """Judge an address that a host leads to.

        Raises:
            OutboundRefused: the organization denies it.
        """
        if not self.deny:
            return
        for one in (address, *carried(address)):
            if denied := sorted({*_ways(one, port)} & self.deny):
                raise OutboundRefused(
                    f"{host} may not be called: it leads to {denied[0]}, which your organization "
                    "denies."
                )


@lru_cache(maxsize=4_096)
def read_rule(text: str) -> str:
    """Return an entry of `Rules` in the one form that is compared.

    Raises:
        OutboundInvalid: it is neither `host` nor `*.host`, with or without a port.
    """
    entry = text.strip()
    wild = entry.startswith("*.")
    try:
        host, port = read_authority(entry.removeprefix("*."))
    except OutboundRefused:
        host, port = "", None
    if not host or wild and is_address(host):
        raise OutboundInvalid(
            f"{text[:100]!r} is no host; write api.example.com, *.example.com (every name below "
            "it) or api.example.com:443."
        )
    return ("*." if wild else "") + bracketed(host) + (f":{port}" if port else "")


def _ways(host: str, port: int) -> Iterator[str]:
    """Yield every entry that would speak of this host and port."""
    names = [bracketed(host)]
    if not is_address(host):
        labels = host.split(".")
        names += ["*." + ".".join(labels[index:]) for index in range(1, len(labels))]
    for name in names:
        yield name
        yield f"{name}:{port}"
