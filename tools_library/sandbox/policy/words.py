"""Which names tool code may write and read; imports RestrictedPython's list and nothing else.

Single underscores (`_helper`, `self._items`) belong to the builder. The hooks of the transformer
all end in an underscore, so no name that may be written can stand in for one.
"""

from __future__ import annotations

import re

from RestrictedPython.transformer import INSPECT_ATTRIBUTES

_SPECIAL = (
    "init post_init str repr bool hash bytes format call enter exit "
    "lt le eq ne gt ge contains len length_hint iter next reversed missing "
    "getitem setitem delitem int float complex index abs neg pos invert "
    "round trunc floor ceil add sub mul matmul truediv floordiv mod divmod pow "
    "lshift rshift and or xor radd rsub rmul rmatmul rtruediv rfloordiv rmod rdivmod rpow "
    "rlshift rrshift rand ror rxor iadd isub imul imatmul itruediv ifloordiv imod ipow "
    "ilshift irshift iand ior ixor"
)
METHODS = frozenset(f"__{name}__" for name in _SPECIAL.split())
"""Special methods that a class of a tool may define."""

READABLE = frozenset({"__name__", "__class__", "__doc__"}) | METHODS
"""Special attributes that may be written after a dot; the guard judges what they are read from."""

TUPLE_NAMES = frozenset({"_asdict", "_replace", "_make", "_fields", "_field_defaults"})
"""What named tuples offer with an underscore."""

FIXED = frozenset({"print", "printed", "super", "builtins", "breakpoint"})
"""Names that cannot be given another meaning."""

INSPECTING = frozenset(INSPECT_ATTRIBUTES) | {"gi_running", "gi_suspended", "mro"}

_PRIVATE = re.compile(r"_[A-Za-z0-9](?:\w*[A-Za-z0-9])?", re.ASCII)
_TEMPORARY = re.compile(r"_(?:tmp[0-9]+|print)")


def is_private(name: str) -> bool:
    """Return whether a name begins with the one underscore of `_helper`."""
    return _PRIVATE.fullmatch(name) is not None and not _TEMPORARY.fullmatch(name)


def why_not_variable(name: str) -> str:
    """Return why a variable, argument, function or class may not be called so, or nothing."""
    if name in FIXED:
        return f"{name} cannot be given another meaning; choose another name."
    if name == "_" or not name.startswith("_") or is_private(name):
        return "" if not name.endswith("__roles__") else f"The name {name} is reserved."
    return (
        f"The name {name} is reserved; choose one that begins with a letter, or with a single "
        "underscore and ends without one."
    )


def why_not_attribute(name: str) -> str:
    """Return why an attribute may never be written after a dot, or nothing."""
    if name in INSPECTING:
        return f"The attribute {name} looks into the interpreter; tools cannot read it."
    if not name.startswith("_") or name in READABLE or name in TUPLE_NAMES or is_private(name):
        return "" if not name.endswith("__roles__") else f"The attribute {name} is reserved."
    if name == "__dict__":
        return "The attribute __dict__ is not available in tools; use vars() and setattr()."
    return f"The attribute {name} belongs to the interpreter; tools cannot use it."
