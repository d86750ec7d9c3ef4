"""The hooks that transformed code calls for every access; imports RestrictedPython's unpacking.

Decisions look at `type(value)` and at exact strings, never at what the value says about itself.
"""

from __future__ import annotations

import contextlib
import operator
import string
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Context
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    GenericAlias,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    TracebackType,
    UnionType,
)
from typing import Any
from zoneinfo import ZoneInfo

from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence

from tools_library.sandbox.policy import facade, formatting, words
from tools_library.sandbox.policy.facade import Facade

_IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv,
    "%=": operator.imod, "**=": operator.ipow, "<<=": operator.ilshift, ">>=": operator.irshift,
    "|=": operator.ior, "^=": operator.ixor, "&=": operator.iand, "//=": operator.ifloordiv,
    "@=": operator.imatmul,
}  # fmt: skip
_WRITABLE = frozenset(
    {dict, list, set, bytearray, Counter, OrderedDict, defaultdict, deque, ChainMap, Context}
)
# Among them `list[int]`, which hands every attribute on to what it is made of, unasked.
_OPAQUE = (
    FrameType, TracebackType, CodeType, ModuleType, CoroutineType, AsyncGeneratorType,
    GenericAlias, UnionType, MappingProxyType,
)  # fmt: skip
_CALLED = (FunctionType, MethodType, BuiltinFunctionType, GeneratorType, CellType)
_GENERATOR = frozenset({"send", "throw", "close"})
_ZONE = frozenset({"key", "utcoffset", "tzname", "dst", "fromutc"})
_FORMATTERS = frozenset({"format", "get_field", "get_value", "vformat", "format_field"})
_NOTHING: Any = object()

named_tuples: set[type] = set()
"""The classes that `collections.namedtuple` made in this run."""
exceptions: set[type] = set()
"""The exceptions that tools know by name; filled by `names`."""
zone_maker: list[Callable[[str], Any]] = []
"""What stands for the class of a time zone; filled by `modules`."""


class ToolClass(type):
    """The type of every class that tool code defines."""


def is_tool_class(value: Any) -> bool:
    """Return whether a value is a class that tool code defined."""
    return issubclass(type(value), ToolClass)


def is_tool_instance(value: Any) -> bool:
    """Return whether a value is an instance of a class that tool code defined."""
    return issubclass(type(type(value)), ToolClass)


def held(value: Any) -> dict[str, Any]:
    """Return what an instance of one of the tool's own classes holds, in slots too."""
    found: dict[str, Any] = {}
    for each in type.__getattribute__(type(value), "__mro__"):
        for name, member in type.__getattribute__(each, "__dict__").items():
            if type(member) is MemberDescriptorType and is_tool_class(each):
                # Nothing is in that slot yet, or it is another class's.
                with contextlib.suppress(AttributeError, TypeError):
                    found[name] = member.__get__(value)
    with contextlib.suppress(AttributeError):
        found |= object.__getattribute__(value, "__dict__")
    return found


def make_class(name: str, bases: tuple[Any, ...], members: dict[str, Any]) -> type:
    """Make a class of a tool.

    Raises:
        TypeError: a base that tools may not build on.
    """
    for base in bases:
        if not (is_tool_class(base) or base is object or _is_known(base)):
            raise TypeError(
                "A class of a tool can build on other classes of the tool, on exceptions such as "
                "ValueError and on named tuples."
            )
    return ToolClass(name, bases, members)


def get(value: Any, name: str, default: Any = _NOTHING) -> Any:
    """Return an attribute that tool code may read.

    Raises:
        AttributeError: there is none, or it is not for tools.
    """
    if type(name) is not str:
        raise TypeError("The name of an attribute is a text.")
    kind = type(value)
    if kind is Facade:
        if default is _NOTHING:
            return facade.read(value, name)
        try:
            return facade.read(value, name)
        except AttributeError:
            return default
    if name.startswith("_"):
        return _underscored(value, name, default)
    _refuse(value, kind, name)
    if name in ("format", "format_map"):
        if issubclass(kind, str):
            return formatting.bound(value, name, get)
        if issubclass(kind, type) and issubclass(value, str):
            return formatting.unbound(name, get)
    return getattr(value, name) if default is _NOTHING else getattr(value, name, default)


def write(value: Any) -> Any:
    """Return a value whose items or attributes tool code may change.

    Raises:
        TypeError: it may not be changed.
    """
    if type(value) in _WRITABLE or is_tool_instance(value) or is_tool_class(value):
        return value
    what = "Modules" if type(value) is Facade else f"Values of type {type(value).__name__}"
    raise TypeError(f"{what} cannot be changed.")


def in_place(sign: str, old: Any, value: Any) -> Any:
    """Return what `old sign value` leaves in a variable."""
    return _IN_PLACE[sign](old, value)


def in_place_item(sign: str, owner: Any, key: Any) -> Callable[[Any], None]:
    """Read an item; return what takes the right side and stores the outcome."""
    target = write(owner)
    old = target[key]

    def store(value: Any) -> None:
        target[key] = _IN_PLACE[sign](old, value)

    return store


def in_place_attribute(sign: str, owner: Any, name: str) -> Callable[[Any], None]:
    """Read an attribute; return what takes the right side and stores the outcome."""
    target = write(owner)
    old = get(owner, name)

    def store(value: Any) -> None:
        setattr(target, name, _IN_PLACE[sign](old, value))

    return store


def set_attribute(value: Any, name: str, new: Any) -> None:
    """Stand for `setattr`."""
    setattr(write(value), _writable_name(name), new)


def delete_attribute(value: Any, name: str) -> None:
    """Stand for `delattr`."""
    delattr(write(value), _writable_name(name))


def has(value: Any, name: str) -> bool:
    """Stand for `hasattr`; of a special method it says whether the value's type has it."""
    if name in words.METHODS:
        return hasattr(type(value), name)
    try:
        return get(value, name, _MISSING) is not _MISSING
    except AttributeError:
        return False


def type_of(value: Any, *more: Any) -> Any:
    """Stand for `type` with one argument.

    Raises:
        TypeError: more arguments, or a value whose type is for the interpreter alone.
    """
    kind = type(value)
    if more:
        raise TypeError("type takes one argument in tools; write a class statement instead.")
    if kind is ZoneInfo:
        return zone_maker[0]
    if kind is Facade or issubclass(kind, type) or issubclass(kind, (*_OPAQUE, *_CALLED)):
        raise TypeError("The type of this value is not available in tools.")
    return kind


def apply(function: Any, /, *arguments: Any, **named: Any) -> Any:
    """Call a function whose arguments were given with `*` or `**`."""
    return function(*arguments, **named)


HOOKS: dict[str, Any] = {
    "__metaclass__": make_class,
    "_getattr_": get,
    "_getitem_": operator.getitem,
    "_getiter_": iter,
    "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
    "_unpack_sequence_": guarded_unpack_sequence,
    "_write_": write,
    "_apply_": apply,
    "_inplacevar_": in_place,
    "_inplace_item_": in_place_item,
    "_inplace_attr_": in_place_attribute,
}
"""The hooks that are the same for every run."""

_MISSING: Any = object()


def _is_known(base: Any) -> bool:
    return issubclass(type(base), type) and (base in exceptions or base in named_tuples)


def _refuse(value: Any, kind: type, name: str) -> None:
    """Raise for names that lead from a value into the interpreter.

    Raises:
        AttributeError: this is one of them.
    """
    if (
        name in words.INSPECTING
        or issubclass(kind, _OPAQUE)
        or issubclass(kind, GeneratorType) and name not in _GENERATOR
        or issubclass(kind, (BaseException, super)) and name in ("obj", "with_traceback")
        or kind is super and name in ("format", "format_map")
        or kind is ZoneInfo and name not in _ZONE
        or issubclass(kind, string.Formatter) and name in _FORMATTERS
        or value is string.Formatter
    ):  # fmt: skip
        raise AttributeError(f"The attribute {name} of this value is not available in tools.")


def _underscored(value: Any, name: str, default: Any) -> Any:
    """Return an attribute that begins with an underscore, where that is harmless."""
    is_class = issubclass(type(value), type)
    own = is_tool_class(value) or is_tool_instance(value)
    if name == "__class__":
        return type_of(value)
    if name in ("__name__", "__doc__") and (is_class or type(value) is FunctionType):
        text = getattr(value, name)
        return text if type(text) is str else None
    if name in words.METHODS:
        if own or type(value) is super or is_class and _is_known(value):
            return getattr(value, name) if default is _NOTHING else getattr(value, name, default)
    elif name in words.TUPLE_NAMES:
        if issubclass(value if is_class else type(value), tuple):
            return getattr(value, name) if default is _NOTHING else getattr(value, name, default)
    elif own and words.is_private(name):
        return getattr(value, name) if default is _NOTHING else getattr(value, name, default)
    why = words.why_not_attribute(name) or f"The attribute {name} is private to its module."
    raise AttributeError(why)


def _writable_name(name: Any) -> str:
    if type(name) is not str:
        raise TypeError("The name of an attribute is a text.")
    if name.startswith("__") or words.why_not_attribute(name):
        raise AttributeError(f"The attribute {name} cannot be changed.")
    return name
