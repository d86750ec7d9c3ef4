"""From source to code that asks the hooks; runs nothing. Imports RestrictedPython's transformer."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from types import CodeType
from typing import Any

from tools_library.sandbox.policy import modules
from tools_library.sandbox.policy.names import AVAILABLE
from tools_library.sandbox.policy.problems import Problem, Rejected
from tools_library.sandbox.policy.transformer import Imported, ToolTransformer

FILE_NAME = "<tool>"
MAX_SOURCE_BYTES = 64 * 1024
ENTRY = "execute_tool"

_MISSING_ENTRY = f"The code must define {ENTRY}(parameters, context) at its top level."
_INSTEAD = {
    "open": "Tools have no files; keep data in parameters, context or behind a web address.",
    "eval": "Use json.loads for data, or write the calculation out.",
    "exec": "Write the code out.",
    "compile": "Write the code out.",
    "input": "Everything a tool is given is in parameters and context.",
    "globals": "Keep what you share in a variable of your own.",
    "locals": "Keep what you share in a dict of your own.",
    "dir": "Name the attributes you need.",
    "BaseException": "Use Exception.",
    "KeyboardInterrupt": "Use Exception.",
    "SystemExit": "Return from execute_tool to end.",
    "exit": "Return from execute_tool to end.",
    "quit": "Return from execute_tool to end.",
}


def compile_tool(source: str) -> CodeType:
    """Return the code of a tool; its first act is to check its imports against the run's.

    Raises:
        Rejected: the first problem, with line and column.
    """
    tree, transformer = _transformed(source)
    found = _structure(tree, transformer)
    found += _imports(transformer.imports, modules.IMPORTABLE)
    if found:
        first = min(found, key=lambda problem: (problem.line, problem.column))
        raise Rejected(first.message, first.line, first.column)
    tree.body.insert(0, _import_check(transformer.imports))
    try:
        code: CodeType = compile(tree, FILE_NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise _rejected(error) from None
    return code


def problems(source: str, allowed_imports: Collection[str]) -> list[Problem]:
    """Return everything that is wrong with a tool's code, in the order of its lines."""
    try:
        tree, transformer = _transformed(source)
        found = _structure(tree, transformer)
        found += _imports(transformer.imports, allowed_imports)
        if not found:
            found = _unknown_names(transformer)
            compile(tree, FILE_NAME, "exec", dont_inherit=True)
    except Rejected as error:
        return [Problem(error.message, error.line, error.column)]
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        rejected = _rejected(error)
        return [Problem(rejected.message, rejected.line, rejected.column)]
    return sorted(set(found), key=lambda problem: (problem.line, problem.column))


def _transformed(source: str) -> tuple[ast.Module, ToolTransformer]:
    if len(source) > MAX_SOURCE_BYTES or len(source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise Rejected(f"The code is longer than {MAX_SOURCE_BYTES // 1024} KB; shorten it.")
    transformer = ToolTransformer()
    try:
        tree = ast.parse(source, FILE_NAME, "exec")
        entry = _entry_problem(tree)
        transformer.visit(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise _rejected(error) from None
    if entry is not None:
        transformer.problems.append(entry)
    return ast.fix_missing_locations(tree), transformer


def _rejected(error: BaseException) -> Rejected:
    if "null bytes" in str(error):
        return Rejected("The code holds a NUL character; remove it.")
    if isinstance(error, SyntaxError) and "integer string conversion" in str(error.msg):
        return Rejected("A number has too many digits.", error.lineno or 0, error.offset or 0)
    if isinstance(error, SyntaxError):
        text = f"{error.msg}; mend it at this place." if error.msg else "The syntax is wrong."
        return Rejected(text, error.lineno or 0, error.offset or 0)
    if isinstance(error, UnicodeError):
        return Rejected("The code holds a character that no file can hold; remove it.")
    return Rejected("The code is nested too deep to be compiled; split it into smaller parts.")


def _entry_problem(tree: ast.Module) -> Problem | None:
    """Return what is wrong with how the tool is called, judged before the tree is changed."""
    bound = False
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == ENTRY:
            given = node.args
            most = len(given.posonlyargs) + len(given.args)
            least = most - len(given.defaults)
            if least > 2 or (most < 2 and given.vararg is None) or None in given.kw_defaults:
                text = f"{ENTRY} is called with two arguments; write {ENTRY}(parameters, context)."
                return Problem(text, node.lineno, node.col_offset + 1)
            bound = True
        elif not bound:
            bound = any(
                ENTRY in (getattr(inner, "id", ""), getattr(inner, "name", ""))
                for inner in ast.walk(node)
            )
    return None if bound else Problem(_MISSING_ENTRY, 1, 1)


def _structure(tree: ast.Module, transformer: ToolTransformer) -> list[Problem]:
    """Return what the transformer found, and Python's own functions that tools lack."""
    found = list(transformer.problems)
    for node in transformer.loaded:
        name = node.id
        if name in transformer.bound or name in AVAILABLE or not hasattr(builtins, name):
            continue
        more = _INSTEAD.get(name, "")
        text = f"{name} is not available in tools. {more}".rstrip()
        found.append(Problem(text, node.lineno, node.col_offset + 1))
    return found


def _unknown_names(transformer: ToolTransformer) -> list[Problem]:
    known = transformer.bound | AVAILABLE
    return [
        Problem(
            f"{node.id} is not defined; define it, import it or mend its spelling.",
            node.lineno,
            node.col_offset + 1,
        )
        for node in transformer.loaded
        if node.id not in known
    ]


def _imports(imports: list[Imported], allowed: Collection[str]) -> list[Problem]:
    found = []
    for each in imports:
        text = modules.why_not_import(each.module, each.name, allowed)
        if text:
            found.append(Problem(text, each.line, each.column))
    return found


def _import_check(imports: list[Imported]) -> ast.stmt:
    """Return the statement that runs first: `_imports_((module, name, line, column), …)`."""
    rows = [(each.module, each.name, each.line, each.column) for each in imports]
    known: Any = tuple(rows)
    call = ast.Call(ast.Name("_imports_", ast.Load()), [ast.Constant(known)], [])
    statement = ast.Expr(call, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    return ast.fix_missing_locations(statement)
