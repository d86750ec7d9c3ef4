"""What a run knows of secrets: reveals them to executors, hides them from all else; pure."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, quote_plus

from tools_library.engine.errors import ToolConfigurationError

MASK = "•••"
_SHORTEST_MASKED = 4  # within words, what is shorter would blank out ordinary text


class Secrets(Protocol):
    """The credentials that one run may use."""

    def names(self) -> frozenset[str]:
        """Return which credentials there are."""
        ...

    def reveal(self, name: str) -> str:
        """Return a credential's value.

        Raises:
            ToolConfigurationError: there is none of that name; the message names it.
        """
        ...

    def mask(self, value: Any) -> Any:
        """Return `value` (JSON) with everything this run revealed, or made of it, masked."""
        ...

    def hide(self, derived: str) -> None:
        """Mask `derived` from now on too: a token that was bought with a credential."""
        ...


class FixedSecrets:
    """Credentials from a mapping; base of the production one and the whole one of pure tests."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        self._known: set[str] = set()
        self._hidden: set[str] = set()
        self._short: set[str] = set()

    def names(self) -> frozenset[str]:
        """Return which credentials there are."""
        return frozenset(self._values)

    def reveal(self, name: str) -> str:
        """Return a credential's value; see `Secrets.reveal`."""
        value = self._value(name)
        if value is None:
            raise ToolConfigurationError(
                f"There is no credential called {name!r}; staff must add it or name another."
            )
        self.hide(value)
        if 0 < len(value) < _SHORTEST_MASKED:
            self._short.add(value)
        return value

    def hide(self, derived: str) -> None:
        """Mask `derived` from now on, in every form it may take on its way."""
        if derived not in self._known:
            self._known.add(derived)
            self._hidden.update(form for form in _forms(derived) if len(form) >= _SHORTEST_MASKED)

    def mask(self, value: Any) -> Any:
        """Return `value` with what was revealed masked in every text, number and key.

        A credential of up to three characters, such as a login name or a PIN, is masked where it
        stands alone, not within a longer word or number.
        """
        if not self._hidden and not self._short:
            return value
        words = "|".join(re.escape(each) for each in sorted(self._short, key=len, reverse=True))
        alone = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None
        return _masked(value, sorted(self._hidden, key=len, reverse=True), alone)

    def _value(self, name: str) -> str | None:
        return self._values.get(name)


def _forms(secret: str) -> Iterable[str]:
    """Yield what a secret may look like on its way: in an address, in JSON, also inside JSON."""
    raw = secret.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(raw).decode()
    yield from (secret, encoded, encoded.rstrip("="))
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)
    for once in _in_json(secret):
        yield once
        yield from _in_json(once)
    yield from (html.escape(secret), html.escape(secret, quote=False))


def _in_json(text: str) -> Iterable[str]:
    return (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])


def _masked(value: Any, hidden: list[str], alone: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        for secret in hidden:
            if secret in value:
                value = value.replace(secret, MASK)
        return alone.sub(MASK, value) if alone else value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = str(value)
        return MASK if text in hidden or alone and alone.fullmatch(text) else value
    if isinstance(value, Mapping):
        return {
            _masked(key, hidden, alone): _masked(inner, hidden, alone)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_masked(inner, hidden, alone) for inner in value]
    return value
