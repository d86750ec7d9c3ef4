"""Reading an address once, strictly; imports ssrfguard's URL policy and the standard library."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from ssrfguard import AddressTable, Policy, SSRFGuardError

from voiceassist.foundation.outbound.errors import OutboundRefused

MAX_LENGTH = 8_192
_PORTS = frozenset({80, 443})
# Judges how a URL is written; which port and address may be called is judged apart from it.
_SYNTAX = Policy(
    denied_networks=AddressTable(()),
    allowed_ports=frozenset(range(1, 65_536)),
    max_url_length=MAX_LENGTH,
)
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC_LABEL = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


@dataclass(frozen=True)
class Target:
    """An address that was read: where to connect, and the path to ask for.

    `host` is lower case and ASCII (IDNA); `path` starts with `/` and has the query.
    `allowed` says that OUTBOUND_ALLOW names host and port, so the address table is not asked.
    """

    scheme: str
    host: str
    port: int
    path: str
    literal: bool
    allowed: bool


def read_url(url: str, allow: Collection[str] = ()) -> Target:
    """Read a URL; anything odd in it is refused instead of being understood somehow.

    Args:
        allow: exceptions as `host:port`; these may use any port and any address.

    Raises:
        OutboundRefused: says what is wrong and how to mend it.
    """
    if len(url) > MAX_LENGTH:
        raise OutboundRefused(f"The address is longer than {MAX_LENGTH:,} characters.")
    if _ODD.search(url):
        raise OutboundRefused("The address has a space, a backslash or a control character.")
    try:
        read = _SYNTAX.check_url(url)
        parts = urlsplit(url)
    except SSRFGuardError:
        raise OutboundRefused(_why(url)) from None
    _refuse_disguise(read.host, bracketed="[" in parts.netloc, literal=read.is_literal_address)
    host = str(read.address) if read.address is not None else read.host.lower()
    allowed = f"{host}:{read.port}" in allow or f"[{host}]:{read.port}" in allow
    if not allowed and read.port not in _PORTS:
        raise OutboundRefused(
            f"Port {read.port} may not be called, only 80 and 443. Whoever runs the server can "
            f"allow {host}:{read.port} in OUTBOUND_ALLOW."
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(read.scheme, host, read.port, path, read.is_literal_address, allowed)


def _refuse_disguise(host: str, *, bracketed: bool, literal: bool) -> None:
    """Refuse hosts that one reader takes for a name and another for an address.

    Raises:
        OutboundRefused: the host is such a one.
    """
    if host.endswith("."):
        raise OutboundRefused("The host ends in a dot; write it without.")
    if literal:
        return
    if bracketed or _NUMERIC_LABEL.fullmatch(host.rsplit(".", 1)[-1]):
        raise OutboundRefused(
            f"The host {host!r} is written like an IP address but is none; write a name, or four "
            "plain numbers."
        )


def _why(url: str) -> str:
    """Say what the policy found, in the words of a person who mistyped an address."""
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not separator or scheme.lower() not in ("http", "https"):
        return "The address must begin with https:// or http://."
    if not authority:
        return "The address has no host."
    if "@" in authority:
        return "The address has a user name or password before the host; remove it."
    if re.search(r":(?![0-9]{1,5}$)[^\]]*$", authority) and "[" not in authority:
        return "The port of the address is no number from 1 to 65535."
    return (
        f"The host {authority[:100]!r} is neither a plain name, such as api.example.com, nor an "
        "IP address written in the usual way."
    )
