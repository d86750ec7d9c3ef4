"""Every environment variable the product reads, in one place; imports only django-environ.

A wrong value stops the start. The message names the variable and shows its value only where
that value can hold no password.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

MAKE_KEY = "A key is 32 random bytes in Base64; `openssl rand -base64 32` makes one."

# `NAME_FILE` is read where `NAME` is not set, for secrets that are mounted as files.
env = environ.FileAwareEnv()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))


def flag(name: str) -> bool:
    """Return whether the switch is on; off where it is not set.

    Raises:
        ImproperlyConfigured: it is neither 1, true, yes, on nor 0, false, no, off.
    """
    value = str(env.str(name, default="")).strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"", "0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")


@dataclass(frozen=True)
class Mode:
    """How strict the start is: DEBUG is for development, DEMO for a look without any account."""

    debug: bool
    demo: bool


_PLAIN_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")

MODE = Mode(debug=flag("DEBUG"), demo=flag("DEMO"))


def required(name: str, *, demo: str, hint: str) -> str:
    """Return the variable's value.

    With DEBUG or DEMO on, `demo` stands in for a missing one; else the start stops and names it.

    Raises:
        ImproperlyConfigured: the variable is missing and neither DEBUG nor DEMO is on.
    """
    value = str(env.str(name, default=""))
    if value:
        return value
    if MODE.debug or MODE.demo:
        return demo
    raise ImproperlyConfigured(
        f"{name} is not set. {hint} Set {name} (or {name}_FILE) in the environment or in .env; "
        "DEMO=1 starts without it, for a look only."
    )


def keys(name: str, value: str) -> list[str]:
    """Return the keys in a list separated by commas, each 32 bytes in Base64.

    Raises:
        ImproperlyConfigured: there is none, or an entry is no key; the message shows none.
    """
    entries = [entry.strip() for entry in value.split(",") if entry.strip()]
    for position, entry in enumerate(entries, 1):
        try:
            size = len(base64.urlsafe_b64decode(entry))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise ImproperlyConfigured(
                f"{name} holds at place {position} what is no key. {MAKE_KEY}"
            )
    if not entries:
        raise ImproperlyConfigured(f"{name} holds no key. {MAKE_KEY}")
    return entries


def number(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """Return a whole number within its bounds.

    Raises:
        ImproperlyConfigured: it is no whole number, or out of bounds.
    """
    raw = str(env.str(name, default=str(default)))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}; write a whole number.") from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(f"{name} is {value}; it must lie in {minimum}..{maximum}.")
    return value


def origin(name: str, value: str) -> str:
    """Return `value` as `scheme://host[:port]` without a trailing slash.

    Raises:
        ImproperlyConfigured: it is not an absolute http(s) address, or carries more than that.
    """
    parts = _server_of(value)
    if parts is None or parts.scheme not in {"http", "https"} or not _is_bare(parts):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which is no origin. Write scheme and host only, "
            "such as https://voice.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}"


def address(name: str, *, default: str) -> str:
    """Return the http(s) address of a service without a trailing slash, or "" where none is set.

    Raises:
        ImproperlyConfigured: it is not an absolute http(s) address.
    """
    value = str(env.str(name, default=default)).strip().rstrip("/")
    parts = _server_of(value)
    if value and (parts is None or parts.scheme not in {"http", "https"}):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which is no address. Write one such as https://api.example.com/v1"
        )
    return value


def server(name: str, *, default: str, kinds: tuple[str, ...]) -> str:
    """Return the URL of a Redis or a broker, or "" where none is named.

    Raises:
        ImproperlyConfigured: it starts with none of `kinds`, or its host or port is wrong.
    """
    url = str(env.str(name, default=default)).strip()
    parts = _server_of(url)
    if url and (parts is None or parts.scheme not in kinds):
        raise ImproperlyConfigured(
            f"{name} is no address of a server. Write one such as {kinds[0]}://host:port/0"
        )
    return url


def database(name: str, *, default: str) -> dict[str, Any]:
    """Return Django's settings of the database at a URL.

    Raises:
        ImproperlyConfigured: it is no address of PostgreSQL or SQLite.
    """
    kinds = ("postgres://", "postgresql://", "sqlite:///")
    url = str(env.str(name, default="")) or default
    try:
        parsed: dict[str, Any] = env.db_url_config(url) if url.startswith(kinds) else {}
    except (ValueError, ImproperlyConfigured):
        parsed = {}
    if not parsed.get("NAME"):
        raise ImproperlyConfigured(
            f"{name} is no address of a database. Write postgres://user:password@host:5432/name, "
            "or leave it out for SQLite."
        )
    return parsed


def networks(name: str, *, default: list[str]) -> list[str]:
    """Return a list of IP addresses or networks, each checked.

    Raises:
        ImproperlyConfigured: an entry is neither.
    """
    entries = [str(entry).strip() for entry in env.list(name, default=default)]
    for entry in entries:
        try:
            ip_network(entry)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} holds {entry!r}; write addresses or networks such as 10.0.0.0/8, "
                "separated by commas."
            ) from None
    return entries


def host_ports(name: str) -> list[str]:
    """Return a list of `host:port`.

    Raises:
        ImproperlyConfigured: an entry has no port, or no plain host.
    """
    entries = [str(entry).strip() for entry in env.list(name, default=[])]
    for entry in entries:
        parts = _server_of(f"//{entry}")
        plain = parts is not None and _PLAIN_HOST.fullmatch(parts.hostname or "")
        if parts is None or not plain or not parts.port or not _is_bare(parts):
            raise ImproperlyConfigured(
                f"{name} holds {entry!r}; write host:port, several separated by commas."
            )
    return entries


def phone_number(name: str) -> str:
    """Return a phone number in E.164 form, or "" where none is set.

    Raises:
        ImproperlyConfigured: it is written in another form.
    """
    value = str(env.str(name, default="")).strip()
    if value and not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write the number with country code, such as +12025550100."
        )
    return value


def _server_of(url: str) -> SplitResult | None:
    """Return the parts of a URL that names a host, else None."""
    try:
        parts = urlsplit(url)
        right = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or the port are wrong
        return None
    return parts if right else None


def _is_bare(parts: SplitResult) -> bool:
    return not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)


def choice(name: str, *, default: str, choices: tuple[str, ...]) -> str:
    """Return one of several words.

    Raises:
        ImproperlyConfigured: it is another one.
    """
    value = str(env.str(name, default=default)).strip().lower() or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; write {' or '.join(choices)}.")
    return value


def sender(name: str, *, default: str) -> str:
    """Return who mails come from: an address, or `Name <address>`.

    Raises:
        ImproperlyConfigured: it holds no address, or a line break.
    """
    value = str(env.str(name, default="")).strip() or default
    local, _, domain = parseaddr(value)[1].rpartition("@")
    if not local or not domain or "\n" in value:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write an address such as Shop <shop@example.com>."
        )
    return value
