"""Bodies of requests as JSON that can be stored; imports Django REST framework."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 64
_TOO_DEEP = f"The JSON is nested deeper than {MAX_DEPTH} levels."
_NUL = "Null characters cannot be stored; remove them."
_HALF = "Half a surrogate pair is no character and cannot be stored; remove it."
_NO_NUMBER = "This number is too large to be stored."
_SURROGATE = re.compile("[\ud800-\udfff]")


class StorableJSONParser(JSONParser):
    """Refuses what no store takes: NUL, lone surrogates, infinities, nesting without end."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says.

        Raises:
            ParseError: it is no JSON, or nested too deep.
            ValidationError: something in it cannot be stored; names its place.
        """
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_TOO_DEEP) from None
        if found := _problem(value, "", MAX_DEPTH):
            path, text = found
            raise ValidationError({path: [text]}) if path else ParseError(text)
        return value


def _problem(value: Any, path: str, levels: int) -> tuple[str, str] | None:
    """Return where and why a value cannot be stored; None where it can."""
    if isinstance(value, str):
        text = _NUL if "\0" in value else _HALF if _SURROGATE.search(value) else ""
        return (path, text) if text else None
    if isinstance(value, float) and not math.isfinite(value):  # as 1e999 is read
        return path, _NO_NUMBER
    if not isinstance(value, dict | list):
        return None
    if levels == 0:
        return "", _TOO_DEEP
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in named:
        if found := _problem(name, path, 1) or _problem(inner, _below(path, name), levels - 1):
            return found
    return None


def _below(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
