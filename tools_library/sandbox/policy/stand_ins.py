"""Our own versions of library functions that would otherwise reach too far; standard library."""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

from tools_library.sandbox.policy import guards


def namedtuple(
    typename: str,
    field_names: str | Iterable[str],
    *,
    rename: bool = False,
    defaults: Iterable[Any] | None = None,
) -> type:
    """Stand for `collections.namedtuple`."""
    make: Callable[..., type] = collections.namedtuple
    made = make(typename, field_names, rename=rename, defaults=defaults, module="tool")
    guards.named_tuples.add(made)
    return made


def dataclass(cls: Any = None, /, **options: Any) -> Any:
    """Stand for `dataclasses.dataclass`; works on the tool's own classes only."""

    def decorate(target: Any) -> Any:
        if not guards.is_tool_class(target):
            raise TypeError("dataclass works on classes that the tool defines.")
        return dataclasses.dataclass(**options)(target)

    return decorate if cls is None else decorate(cls)


def total_ordering(cls: Any) -> Any:
    """Stand for `functools.total_ordering`; works on the tool's own classes only."""
    if not guards.is_tool_class(cls):
        raise TypeError("total_ordering works on classes that the tool defines.")
    return functools.total_ordering(cls)


def wraps(wrapped: Any) -> Callable[[Any], Any]:
    """Stand for `functools.wraps`: the wrapper takes over name and description."""

    def decorate(wrapper: Any) -> Any:
        for name in ("__name__", "__doc__"):
            text = guards.get(wrapped, name, None) if callable(wrapped) else None
            if type(text) is str and type(wrapper) is type(wraps):
                setattr(wrapper, name, text)
        return wrapper

    return decorate


class _Form:
    """What stands for a form of `typing`: it can be subscripted and joined, nothing more."""

    __slots__ = ()

    def __getitem__(self, item: Any) -> _Form:
        return self

    def __or__(self, other: Any) -> _Form:
        return self

    __ror__ = __or__

    def __call__(self, *values: Any, **named: Any) -> Any:
        """`cast(type, value)` and `NewType(name, type)(value)` return the value."""
        return values[-1] if values else self


TYPING: dict[str, Any] = {
    name: _Form()
    for name in (
        "Any", "Callable", "ClassVar", "Dict", "Final", "Iterable", "Iterator", "List", "Literal",
        "Mapping", "Optional", "Sequence", "Set", "Tuple", "Type", "Union",
    )
}  # fmt: skip
TYPING["cast"] = lambda kind, value: value
