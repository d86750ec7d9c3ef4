"""The functions, types and exceptions that tool code knows without importing; standard library."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from tools_library.sandbox.policy import guards

_EXCEPTIONS = (
    "ArithmeticError AssertionError AttributeError BufferError EOFError EnvironmentError Exception "
    "FloatingPointError IOError ImportError IndexError KeyError LookupError MemoryError "
    "ModuleNotFoundError NameError NotImplementedError OSError OverflowError PermissionError "
    "RecursionError ReferenceError RuntimeError StopIteration SyntaxError SystemError "
    "TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError "
    "ValueError ZeroDivisionError ConnectionError FileNotFoundError"
)
_TAKEN_OVER = (
    "None False True Ellipsis NotImplemented abs all any ascii bin bool bytearray bytes callable "
    "chr classmethod complex dict divmod enumerate filter float format frozenset hash hex int "
    "isinstance issubclass iter len list map max min next object oct ord pow property range repr "
    "reversed round set slice sorted staticmethod str sum super tuple zip"
)

guards.exceptions.update(getattr(builtins, name) for name in _EXCEPTIONS.split())


def variables(value: Any) -> dict[str, Any]:
    """Stand for `vars`: a copy of what an instance of one of the tool's own classes holds."""
    if not guards.is_tool_instance(value):
        raise TypeError("vars works on instances of the tool's own classes.")
    return {name: inner for name, inner in guards.held(value).items() if not name.startswith("__")}


def importer(
    name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
) -> Any:
    """Stand for `__import__`, which only the interpreter's own C code reaches.

    `datetime.strftime`, `time.strptime` and `Pattern.sub` with `\\1` import through their caller's
    builtins and then take the module from the interpreter's table, whatever is returned here.

    Raises:
        ImportError: it asks for anything else.
    """
    if type(name) is str and name in ("time", "_strptime", "_datetime", "datetime", "re"):
        return None
    raise ImportError("Write an import statement.")


BUILTINS: dict[str, Any] = {
    "__build_class__": builtins.__build_class__,
    **{name: getattr(builtins, name) for name in f"{_TAKEN_OVER} {_EXCEPTIONS}".split()},
    "getattr": guards.get,
    "setattr": guards.set_attribute,
    "delattr": guards.delete_attribute,
    "hasattr": guards.has,
    "type": guards.type_of,
    "vars": variables,
    "__import__": importer,
}
"""What stands behind `__builtins__`; the same for every run, which only adds its `print`."""

AVAILABLE = frozenset(name for name in BUILTINS if not name.startswith("__")) | {"print"}


def printer(out: Callable[[str], None]) -> Callable[..., None]:
    """Return what stands for `print`: it hands the text on."""

    def print(
        *values: Any,
        sep: Any = " ",
        end: Any = "\n",
        file: Any = None,
        flush: Any = False,
    ) -> None:
        if file is not None:
            raise TypeError("print writes to the run's log; leave file out.")
        joint = " " if sep is None else sep
        last = "\n" if end is None else end
        if type(joint) is not str or type(last) is not str:
            raise TypeError("sep and end of print are texts.")
        out(joint.join(str(value) for value in values) + last)

    return print
