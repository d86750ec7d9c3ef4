"""Makes values from outside safe to store and send as JSON; imports only the standard library."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 32
MAX_BYTES = 1_000_000
_INTEGER_BITS = 1_024
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Uncleanable(ValueError):
    """The value is nested too deep or too large to be kept."""


def clean(value: Any, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES) -> Any:
    """Return a copy that every JSON store takes.

    NaN and infinities become null, NUL characters go, lone surrogates become U+FFFD, keys become
    text, and what JSON has no form for becomes its text.

    Raises:
        Uncleanable: deeper than `max_depth` (as what holds itself is) or longer than `max_bytes`
            as JSON.
    """
    cleaned = _Cleaner(max_bytes).clean(value, max_depth)
    size = len(json.dumps(cleaned, ensure_ascii=False).encode())
    if size > max_bytes:
        raise Uncleanable(f"{size:,} bytes of JSON are more than the {max_bytes:,} that are kept")
    return cleaned


def clean_text(text: str) -> str:
    """Return the text without NUL, with lone surrogates replaced."""
    return _UNSTORABLE.sub(lambda found: "" if found.group() == "\x00" else "\ufffd", text)


class _Cleaner:
    """Counts what it meets: an object that is held many times over is written as often in JSON."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._left = max_bytes

    def clean(self, value: Any, depth: int) -> Any:
        if depth < 0:
            raise Uncleanable("the value is nested too deep")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            if value.bit_length() > _INTEGER_BITS:
                raise Uncleanable("a number has too many digits")
            return int(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None
        if isinstance(value, Mapping):
            self._count(2 * len(value) + 1)
            return {
                self._text(str(key)): self.clean(inner, depth - 1) for key, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            self._count(len(value) + 1)
            return [self.clean(inner, depth - 1) for inner in value]
        return self._text(str(value))

    def _text(self, text: str) -> str:
        self._count(len(text))
        return clean_text(text)

    def _count(self, least: int) -> None:
        """Take off what a value needs as JSON at the least."""
        self._left -= least
        if self._left < 0:
            raise Uncleanable(
                f"it is more than the {self._max_bytes:,} bytes of JSON that are kept"
            )
