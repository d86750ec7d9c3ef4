"""Bodies of requests as JSON that can be stored; imports Django REST framework."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 64
_TOO_DEEP = f"The JSON is nested deeper than {MAX_DEPTH} levels."
_UNWRITABLE = "The JSON holds a NUL character or half a surrogate pair, which cannot be stored."
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StorableJSONParser(JSONParser):
    """Refuses what no store takes: NUL, lone surrogates, nesting without end."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says.

        Raises:
            ParseError: it is no JSON, or holds what cannot be stored.
        """
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_TOO_DEEP) from None
        if problem := _problem(value, MAX_DEPTH):
            raise ParseError(problem)
        return value


def _problem(value: Any, levels: int) -> str:
    """Return why a value cannot be stored; empty where it can."""
    if isinstance(value, str):
        return _UNWRITABLE if _UNSTORABLE.search(value) else ""
    if not isinstance(value, dict | list):
        return ""
    if levels == 0:
        return _TOO_DEEP
    inner = (*value, *value.values()) if isinstance(value, dict) else value
    return next(filter(None, (_problem(each, levels - 1) for each in inner)), "")
