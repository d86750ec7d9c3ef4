"""`str.format` whose `{a.b}` asks the attribute guard; imports only the standard library."""

from __future__ import annotations

import _string  # type: ignore[import-not-found]
import string
from collections.abc import Callable, Mapping
from typing import Any

Get = Callable[[Any, str], Any]


class _Guarded(string.Formatter):
    """Formats like `str.format`, reading attributes through a guard."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._unnumbered = 0

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        """Return the value of `{a.b[0]}` and the name that it began with."""
        first, rest = _string.formatter_field_name_split(field_name)
        if first == "":  # `{.name}`, which the library's own Formatter does not count
            first = self._unnumbered
            self._unnumbered += 1
        value = self.get_value(first, args, kwargs)
        for is_attribute, name in rest:
            value = self._get(value, name) if is_attribute else value[name]
        return value, first


def bound(text: str, name: str, get: Get) -> Callable[..., str]:
    """Return what stands for the method `format` or `format_map` of one text."""
    plain = str.__str__(text)

    def format(*args: Any, **kwargs: Any) -> str:
        return _Guarded(get).vformat(plain, args, kwargs)

    def format_map(mapping: Mapping[str, Any]) -> str:
        return _Guarded(get).vformat(plain, (), mapping)

    return format if name == "format" else format_map


def unbound(name: str, get: Get) -> Callable[..., str]:
    """Return what stands for `str.format` or `str.format_map`."""

    def method(text: str, /, *args: Any, **kwargs: Any) -> str:
        if not issubclass(type(text), str):
            raise TypeError(f"str.{name} needs a text first.")
        return bound(text, name, get)(*args, **kwargs)

    return method
