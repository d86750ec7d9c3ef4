"""What a tool returned as plain JSON values; imports only the standard library.

Looks only at exact types, so that no object of the tool is asked what it is.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import fractions
import math
import uuid
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from typing import Any

from tools_library.sandbox.policy import guards

MAX_DEPTH = 32
MAX_VALUES = 100_000
_INTEGER_BITS = 1_024

_DICTS = frozenset({dict, Counter, OrderedDict, defaultdict})
_LISTS = frozenset({list, deque, range, set, frozenset})
_TEXTS = frozenset({decimal.Decimal, fractions.Fraction, uuid.UUID})
_MOMENTS = frozenset({datetime.date, datetime.datetime, datetime.time})


def plain(value: Any) -> Any:
    """Return a copy of what a tool returned, made of JSON's own types.

    Dates become ISO texts, time spans seconds, decimals and fractions texts that keep every digit,
    data classes objects, NaN and infinities null.

    Raises:
        TypeError: something in it has no form in JSON; says what and how to mend it.
        ValueError: too deep, too many values, a number too long, or it contains itself.
    """
    return _Copy().of(value, MAX_DEPTH)


class _Copy:
    """One copy, which counts its values."""

    def __init__(self) -> None:
        self.left = MAX_VALUES

    def of(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"The answer holds more than {MAX_VALUES:,} values; return less.")
        if depth < 0:
            raise ValueError(
                f"The answer is nested deeper than {MAX_DEPTH} levels, or contains itself."
            )
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return _bounded(value)
        if kind is float:
            return value if math.isfinite(value) else None
        if kind in _DICTS:
            return {_key(key): self.of(inner, depth - 1) for key, inner in dict.items(value)}
        if kind is ChainMap:
            return {_key(key): self.of(value[key], depth - 1) for key in value}
        if issubclass(kind, tuple):
            return [self.of(inner, depth - 1) for inner in tuple.__iter__(value)]
        if kind in _LISTS:
            return [self.of(inner, depth - 1) for inner in value]
        if guards.is_tool_instance(value):
            return self._of_own(value, depth)
        return _scalar(value, kind)

    def _of_own(self, value: Any, depth: int) -> Any:
        members = _data_class_fields(type(value))
        if members is None:
            raise TypeError(
                f"The answer holds an object of class {_name(type(value))}; return a dict of what "
                "it should say."
            )
        own = guards.held(value)
        return {name: self.of(own.get(name), depth - 1) for name in members}


def _data_class_fields(kind: type) -> list[str] | None:
    """Return the fields that `dataclass` wrote into a class."""
    made = type.__getattribute__(kind, "__dict__").get("__dataclass_fields__")
    if type(made) is not dict:
        return None
    return [name for name, each in made.items() if type(each) is dataclasses.Field]


def _scalar(value: Any, kind: type) -> Any:
    if kind in _MOMENTS:
        return value.isoformat()
    if kind is datetime.timedelta:
        return value.total_seconds()
    if kind in _TEXTS:
        return str(value)
    if kind is bytes or kind is bytearray:
        raise TypeError("The answer holds bytes; decode them to a text, or use base64.")
    hint = "call list() on it" if hasattr(kind, "__next__") else "return its text or a dict"
    raise TypeError(f"The answer holds a value of type {_name(kind)}; {hint}.")


def _bounded(value: int) -> int:
    if value.bit_length() > _INTEGER_BITS:
        raise ValueError("The answer holds a number with too many digits; return it as text.")
    return value


def _key(key: Any) -> str:
    kind = type(key)
    if kind is str:
        return key  # type: ignore[no-any-return]
    if key is None or kind is bool:
        return {None: "null", True: "true", False: "false"}[key]
    if kind is int:
        return str(_bounded(key))
    if kind is float or kind in _TEXTS:
        return str(key)
    if kind in _MOMENTS:
        return str(key.isoformat())
    raise TypeError(f"The answer has a key of type {_name(kind)}; use texts as keys.")


def _name(kind: type) -> str:
    return str(type.__getattribute__(kind, "__name__"))[:60]
