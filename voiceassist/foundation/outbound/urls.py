"""Reading an address once, strictly; imports the standard library.

Whatever two readers could understand differently is refused instead of being understood somehow.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from voiceassist.foundation.outbound.errors import OutboundRefused

MAX_LENGTH = 8_192
DEFAULT_PORTS = {"http": 80, "https": 443}

_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:@]*)(:[^\[\]:@]*)?")
_PORT = re.compile(r":([1-9][0-9]{0,4})", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMERIC_LABEL = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)


@dataclass(frozen=True)
class Target:
    """An address that was read: where to connect, and the path to ask for.

    `host` is lower case and ASCII (IDNA), IPv6 without brackets; `path` starts with `/` and has
    the query.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What decides whether two addresses are the same party's."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The address in full, without a fragment."""
        port = "" if DEFAULT_PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}{self.path}"


def read_url(url: str) -> Target:
    """Read a URL.

    Raises:
        OutboundRefused: says what is wrong and how to mend it.
    """
    if not isinstance(url, str):
        raise OutboundRefused("The address must be text.")
    if len(url) > MAX_LENGTH:
        raise OutboundRefused(f"The address is longer than {MAX_LENGTH:,} characters.")
    if _ODD.search(url):
        raise OutboundRefused(
            "The address has a space, a line break, a backslash or a control character; take it "
            "out, or write a space as %20."
        )
    read = _URL.fullmatch(url)
    if read is None:
        raise OutboundRefused("The address must begin with https:// or http://.")
    scheme, authority, rest = read[1].lower(), read[2], read[3]
    if "@" in authority:
        raise OutboundRefused("The address has a user name or password before the host; remove it.")
    host, port = read_authority(authority)
    path = rest if rest.startswith("/") else f"/{rest}"
    return Target(scheme, host, port or DEFAULT_PORTS[scheme], path)


def read_authority(text: str) -> tuple[str, int | None]:
    """Read `host` or `host:port`; IPv6 stands in brackets.

    Raises:
        OutboundRefused: host or port are not written plainly.
    """
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        raise _not_plain(text)
    port = None
    if parts[2]:
        number = _PORT.fullmatch(parts[2])
        port = int(number[1]) if number else 0
        if not 1 <= port <= 65_535:
            raise OutboundRefused("The port of the address is no number from 1 to 65535.")
    if parts[1].startswith("["):
        return _read_ipv6(parts[1][1:-1]), port
    return _read_name(parts[1]), port


def read_host(text: str) -> str:
    """Read a host that stands alone; IPv6 may go without brackets.

    Raises:
        OutboundRefused: it is not written plainly.
    """
    if text.startswith("[") and text.endswith("]"):
        return _read_ipv6(text[1:-1])
    return _read_ipv6(text) if ":" in text else _read_name(text)


def is_address(host: str) -> bool:
    """Return whether a host that was read is an IP address rather than a name."""
    return ":" in host or host.rsplit(".", 1)[-1].isdigit()


def bracketed(host: str) -> str:
    """Return a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _read_ipv6(text: str) -> str:
    if "%" in text:
        raise OutboundRefused("The IPv6 address names a zone (%); such addresses are local.")
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise _not_plain(f"[{text}]") from None


def _read_name(text: str) -> str:
    if not text:
        raise OutboundRefused("The address has no host.")
    if text.endswith("."):
        raise OutboundRefused("The host ends in a dot; write it without.")
    if len(text) > 253:
        raise OutboundRefused("The host is longer than the 253 characters a name can have.")
    host = text.lower() if text.isascii() else _to_ascii(text)
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise OutboundRefused(
                f"The host {text!r} is written like an IP address but is none; write a name, or "
                "four plain numbers."
            ) from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _not_plain(text)
    return host


def _to_ascii(text: str) -> str:
    """Return an international name in its `xn--` form."""
    try:
        name = text.encode("idna").decode("ascii").lower()
        again = name.encode("ascii").decode("idna")
    except UnicodeError:
        raise _not_plain(text) from None
    # Circled digits, wide letters, the Kelvin sign, other dots, ß: readers differ in these.
    if again != unicodedata.normalize("NFC", text.lower()) or any(map(_stands_for_another, text)):
        raise OutboundRefused(
            f"The host {text!r} has characters that stand for others; write it with plain letters, "
            "digits and dots, or in its xn-- form."
        )
    return name


def _stands_for_another(sign: str) -> bool:
    if sign.isascii():
        return False
    return sign.isnumeric() or unicodedata.normalize("NFKC", sign) != sign


def _not_plain(text: str) -> OutboundRefused:
    return OutboundRefused(
        f"The host {text[:100]!r} is neither a plain name, such as api.example.com, nor an IP "
        "address written in the usual way."
    )
