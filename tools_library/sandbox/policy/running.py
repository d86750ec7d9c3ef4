"""One run of compiled code in a namespace of its own; imports only the standard library."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import CodeType
from typing import Any

from tools_library.sandbox.policy import guards, modules, names, web
from tools_library.sandbox.policy.answers import plain
from tools_library.sandbox.policy.compiling import ENTRY, FILE_NAME
from tools_library.sandbox.policy.facade import Facade, read
from tools_library.sandbox.policy.problems import Rejected
from tools_library.sandbox.policy.transformer import MODULE_NAME

MESSAGE_CHARACTERS = 70_000
"""Far more than anybody keeps: secrets in it are masked before it is cut."""


def namespace(
    allowed_imports: Collection[str], ask: web.Ask, out: Callable[[str], None]
) -> dict[str, Any]:
    """Return fresh globals for one run.

    Args:
        allowed_imports: the modules that this tool may import; unknown ones count for nothing.
        ask: sends one HTTP call to the parent and returns its answer; see `policy.web`.
        out: takes what the tool prints.
    """
    allowed = frozenset(allowed_imports)
    own = {}
    if modules.is_allowed("requests", allowed):
        own["requests"], own["requests.exceptions"] = web.module(ask)

    def check(imports: tuple[tuple[str, str | None, int, int], ...]) -> None:
        for module, name, line, column in imports:
            if text := modules.why_not_import(module, name, allowed):
                raise Rejected(text, line, column)

    def find(module: str) -> Facade:
        found = own.get(module) or modules.prepared(module)
        if found is None or not modules.is_allowed(module, allowed):
            raise ImportError(f"{module} cannot be imported here.")
        return found

    def import_module(module: str, whole: bool) -> Facade:
        return find(module if whole else module.partition(".")[0])

    def import_from(module: str, name: str) -> Any:
        return read(find(module), name)

    return {
        **guards.HOOKS,
        "__name__": MODULE_NAME,
        # Not a copy: making one would touch each of them, and a child copies what it touches.
        "__builtins__": names.BUILTINS,
        "print": names.printer(out),
        "_imports_": check,
        "_import_": import_module,
        "_import_from_": import_from,
    }


def call(namespace: dict[str, Any], code: CodeType, parameters: Any, context: Any) -> Any:
    """Run the module, then `execute_tool(parameters, context)`; return JSON values.

    Raises:
        Rejected: an import that this run does not allow, or no `execute_tool`.
        BaseException: whatever the tool raised; see `describe`.
    """
    exec(code, namespace)  # noqa: S102 - the code was transformed, and runs in the locked child
    entry = namespace.get(ENTRY)
    if entry is None or not callable(entry):
        raise Rejected(f"The code must define {ENTRY}(parameters, context) at its top level.", 1, 1)
    return plain(entry(parameters, context))


def describe(error: BaseException, code: CodeType | None = None) -> tuple[str, str, int | None]:
    """Return a tool's error as (type, message, the innermost line of the tool).

    The message is as the tool wrote it, up to a cap: whoever keeps it masks, cleans and cuts it.
    Nothing that the tool wrote runs outside a guard, so this never raises.
    """
    kind = type(error)
    name = str(type.__getattribute__(kind, "__name__"))[:60]
    if kind is Rejected:
        return "Rejected", _text(error), error.line or None  # type: ignore[attr-defined]
    return name, _text(error), _line(error)


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # the tool's own __str__ may raise anything
        return "The error's own text cannot be read."
    if type(text) is not str:
        return "The error's own text cannot be read."
    return text[:MESSAGE_CHARACTERS]


def _line(error: BaseException) -> int | None:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
