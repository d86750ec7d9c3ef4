"""Every environment variable the product reads, in one place; imports only django-environ."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

# `NAME_FILE` is read where `NAME` is not set, for secrets that are mounted as files.
env = environ.FileAwareEnv()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))


@dataclass(frozen=True)
class Mode:
    """How strict the start is: DEBUG is for development, DEMO for a look without any account."""

    debug: bool
    demo: bool


MODE = Mode(debug=env.bool("DEBUG", default=False), demo=env.bool("DEMO", default=False))


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


def origin(name: str, value: str) -> str:
    """Return `value` as `scheme://host[:port]` without a trailing slash.

    Raises:
        ImproperlyConfigured: it is not an absolute http(s) address, or carries a path.
    """
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which is no origin. Write scheme and host only, "
            "such as https://voice.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}"


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
