"""What tool code gets in place of a module; imports only the standard library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

_tables: dict[int, tuple[str, Mapping[str, Any]]] = {}


class Facade:
    """A module's chosen names, read only through the attribute guard.

    The table is kept outside, so that nothing about the object itself leads to it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<module {name_of(self)!r}>"

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise TypeError("Modules cannot be changed.")

    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError("Modules cannot be changed.")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("Modules cannot be copied.")


def facade(name: str, names: Mapping[str, Any]) -> Facade:
    """Return a facade called `name` that holds exactly `names`."""
    made = Facade()
    _tables[id(made)] = (name, dict(names))
    _kept.append(made)
    return made


def name_of(module: Facade) -> str:
    """Return what a facade is called."""
    return _tables[id(module)][0]


def read(module: Facade, name: str) -> Any:
    """Return a name of a facade.

    Raises:
        AttributeError: it does not hold that name; says what it holds.
    """
    title, names = _tables[id(module)]
    try:
        return names[name]
    except KeyError:
        raise AttributeError(no_such_name(title, name, names)) from None


def no_such_name(module: str, name: str, names: Iterable[str]) -> str:
    """Say that a module lacks a name here, and what it has."""
    known = ", ".join(sorted(names)) or "nothing"
    return f"{module} has no {name[:60]} in tools. It has: {known[:400]}."


_kept: list[Facade] = []
