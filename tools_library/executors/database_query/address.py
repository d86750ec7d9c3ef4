"""Where a database is and how to sign in, from its DSN; nothing of the machine's own settings."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.secrets import Secrets

_KNOWN = frozenset({"host", "port", "user", "password", "dbname", "sslmode", "application_name",
                    "connect_timeout", "channel_binding"})  # fmt: skip
_NOWHERE = f"{os.devnull}/none"  # no such file can be made
_NEEDED = ("host", "user", "dbname")


@dataclass(frozen=True)
class Address:
    """One database. `options` is what the driver takes beside host and addresses."""

    host: str
    port: int
    options: dict[str, Any] = field(repr=False)

    def dialled(self, addresses: list[str], seconds: float) -> dict[str, Any]:
        """Return the driver's keywords for these addresses, in their order.

        What is left out would come from the environment or the home directory of this process,
        so everything that could is set.
        """
        count = len(addresses)
        return {
            **self.options,
            "host": ",".join([self.host] * count),
            "hostaddr": ",".join(addresses),
            "port": ",".join([str(self.port)] * count),
            "connect_timeout": max(2, round(seconds)),
            "passfile": _NOWHERE,
            "sslcert": _NOWHERE,
            "sslkey": _NOWHERE,
            "sslrootcert": "system" if self.options["sslmode"] == "verify-full" else _NOWHERE,
            "gssencmode": "disable",
            "options": "",
            "client_encoding": "utf8",
        }


def read(dsn: str, secrets: Secrets) -> Address:
    """Return the address in a DSN.

    Raises:
        ToolConfigurationError: it is none, or asks for what cannot be given; never shows it.
    """
    text = dsn.strip()
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme not in ("", "postgres", "postgresql"):
        raise _unusable("Only PostgreSQL is spoken: the address must begin with postgresql://.")
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(text).items() if value}
    except psycopg.Error:
        raise _unusable(
            "The address cannot be read; write postgresql://user:password@host:5432/name with "
            "special characters percent-encoded."
        ) from None
    if password := parts.get("password"):
        secrets.hide(password)
    if unknown := sorted(parts.keys() - _KNOWN):
        raise _unusable(f"The address sets {unknown[0]}, which cannot be used here; remove it.")
    if missing := [name for name in _NEEDED if not parts.get(name)]:
        raise _unusable(f"The address has no {missing[0]}.")
    return _address(parts)


def _address(parts: dict[str, str]) -> Address:
    host, port = parts.pop("host"), parts.pop("port", "5432")
    if host.startswith(("/", "@")) or "," in host + port:
        raise _unusable("The address must name one host, neither several nor a socket.")
    if not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise _unusable("The address has a port that is no number from 1 to 65535.")
    mode = parts.setdefault("sslmode", "prefer")
    if mode not in ("disable", "prefer", "require", "verify-full"):
        raise _unusable("sslmode must be disable, prefer, require or verify-full.")
    parts.pop("connect_timeout", None)
    parts.setdefault("application_name", "voiceassist")
    parts.setdefault("password", "")
    return Address(host, int(port), dict(parts))


def _unusable(detail: str) -> ToolConfigurationError:
    return ToolConfigurationError(
        "The tool's database address cannot be used; staff must mend its credential.",
        detail=detail,
    )
