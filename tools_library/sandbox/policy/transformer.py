"""Rewrites a tool's syntax tree so that every access asks a hook; imports RestrictedPython.

Beyond RestrictedPython's own rules: changes in place work on items and attributes, annotations are
dropped, `nonlocal` and the usual special methods are allowed, and import statements become calls
of hooks, so that `__import__` is left to the interpreter's own needs.
"""

from __future__ import annotations

import ast
from typing import Any

from RestrictedPython.transformer import IOPERATOR_TO_STR, RestrictingNodeTransformer

from tools_library.sandbox.policy import words
from tools_library.sandbox.policy.problems import Problem

MODULE_NAME = "tool"

_NOT_HERE = {
    "Match": "match is not available in tools; write if and elif.",
    "TryStar": "except* is not available in tools; write except.",
    "AsyncFunctionDef": "async is not available in tools; write def without async.",
    "AsyncFor": "async is not available in tools; write for without async.",
    "AsyncWith": "async is not available in tools; write with without async.",
    "Await": "await is not available in tools; call the function directly.",
}


# `eval` and `exec` are judged with all other functions that tools lack.
_SAID_OTHERWISE = frozenset({"Exec calls are not allowed.", "Eval calls are not allowed."})


class Imported:
    """One import statement's module, for the check against what a tool may import."""

    def __init__(self, module: str, name: str | None, node: ast.stmt) -> None:
        self.module = module
        self.name = name
        self.line = node.lineno
        self.column = node.col_offset + 1


class ToolTransformer(RestrictingNodeTransformer):
    """Transforms one module; afterwards `problems`, `imports`, `loaded` and `bound` are filled."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []
        self.imports: list[Imported] = []
        self.loaded: list[ast.Name] = []
        self.bound: set[str] = set()
        self._parents: list[str] = []

    def error(self, node: ast.AST, info: str) -> None:
        """Note a problem where it stands."""
        if info in _SAID_OTHERWISE:
            return
        line = getattr(node, "lineno", 0)
        self.problems.append(Problem(info, line, getattr(node, "col_offset", -1) + 1))

    def not_allowed(self, node: ast.AST) -> None:
        """Note that a kind of statement is not for tools."""
        kind = type(node).__name__
        self.error(node, _NOT_HERE.get(kind, f"{kind} is not available in tools."))

    def check_name(self, node: Any, name: str | None, allow_magic_methods: bool = False) -> None:
        """Note a name that may not be bound."""
        if name is None:
            return
        self.bound.add(name)
        if allow_magic_methods and self._parents[-1:] == ["ClassDef"] and name in words.METHODS:
            return
        if why := words.why_not_variable(name):
            self.error(node, why)

    def node_contents_visit(self, node: Any) -> Any:
        """Visit what a node holds."""
        scoped = isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda))
        if scoped:
            self._parents.append(type(node).__name__)
        try:
            return super().node_contents_visit(node)
        finally:
            if scoped:
                self._parents.pop()

    # Names and attributes

    def visit_Name(self, node: ast.Name) -> Any:
        """Leave `print` to the namespace and give `__name__` a value."""
        if not isinstance(node.ctx, ast.Load):
            self.check_name(node, node.id)
        elif node.id == "__name__":
            return ast.copy_location(ast.Constant(MODULE_NAME), node)
        elif node.id in words.FIXED:
            self.loaded.append(node)
        elif why := words.why_not_variable(node.id):
            self.error(node, why)
        else:
            self.loaded.append(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """Send reads through `_getattr_` and writes through `_write_`."""
        if why := words.why_not_attribute(node.attr):
            self.error(node, why)
        reads = isinstance(node.ctx, ast.Load)
        if not reads and node.attr.startswith("__"):
            self.error(node, f"The attribute {node.attr} cannot be changed.")
        node = self.node_contents_visit(node)
        if reads:
            return _call(node, "_getattr_", node.value, ast.Constant(node.attr))
        node.value = _call(node.value, "_write_", node.value)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> Any:
        """Allow `nonlocal` for names that may be bound."""
        for name in node.names:
            self.check_name(node, name)
        return node

    def visit_Global(self, node: ast.Global) -> Any:
        """Allow `global` for names that may be bound."""
        for name in node.names:
            self.check_name(node, name)
        return node

    # Assignments

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """Make a change in place calls, so that object and key are computed once.

        `a[k] += v` becomes `_inplace_item_("+=", a, k)(v)`: the old value is read before `v`.
        """
        sign = ast.Constant(IOPERATOR_TO_STR[type(node.op)])
        target = node.target
        value = self.visit(node.value)
        if isinstance(target, ast.Subscript):
            owner, key = self.visit(target.value), self.visit(target.slice)
            return _in_place(node, _call(node, "_inplace_item_", sign, owner, key), value)
        if isinstance(target, ast.Attribute):
            why = words.why_not_attribute(target.attr)
            if why or target.attr.startswith("__"):
                self.error(node, why or f"The attribute {target.attr} cannot be changed.")
            owner = self.visit(target.value)
            call = _call(node, "_inplace_attr_", sign, owner, ast.Constant(target.attr))
            return _in_place(node, call, value)
        self.check_name(target, target.id)
        old = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        call = _call(node, "_inplacevar_", sign, old, value)
        return ast.copy_location(ast.Assign([target], call), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """Drop annotations; a class keeps that there is one, since data classes count them."""
        in_class = self._parents[-1:] == ["ClassDef"] and isinstance(node.target, ast.Name)
        if in_class and "ClassVar" not in ast.dump(node.annotation):
            node.target = self.visit(node.target)
            node.annotation = ast.copy_location(ast.Constant(None), node.annotation)
            node.value = self.visit(node.value) if node.value is not None else None
            return node
        if node.value is None:
            if isinstance(node.target, ast.Name):
                self.check_name(node.target, node.target.id)
            return ast.copy_location(ast.Pass(), node)
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_arg(self, node: ast.arg) -> Any:
        """Drop the annotation of an argument: nothing needs it and it would be evaluated."""
        node.annotation = None
        return node

    # Definitions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Allow functions; what they return is not annotated."""
        node.returns = None
        self.check_name(node, node.name, allow_magic_methods=True)
        self.check_function_argument_names(node)
        return self.node_contents_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """Let our own hook make the class; it judges the bases."""
        self.check_name(node, node.name)
        if node.keywords:
            self.error(node, "Classes of tools take no keywords such as metaclass; remove them.")
        node = self.node_contents_visit(node)
        hook = ast.copy_location(ast.Name("__metaclass__", ast.Load()), node)
        node.keywords = [ast.copy_location(ast.keyword("metaclass", hook), node)]
        return node

    def visit_Module(self, node: ast.Module) -> Any:
        """Transform all statements."""
        return self.node_contents_visit(node)

    # Imports

    def visit_Import(self, node: ast.Import) -> Any:
        """`import a.b as c` becomes `c = _import_("a.b", True)`."""
        made: list[ast.stmt] = []
        for alias in node.names:
            self.imports.append(Imported(alias.name, None, node))
            name = alias.asname or alias.name.partition(".")[0]
            whole = ast.Constant(alias.asname is not None)
            made.append(self._bind(node, name, "_import_", ast.Constant(alias.name), whole))
        return made

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        """`from a import b as c` becomes `c = _import_from_("a", "b")`."""
        if node.module == "__future__" and not node.level:
            return ast.copy_location(ast.Pass(), node)
        if node.level or node.module is None:
            self.error(node, "Tools are one file; a relative import finds nothing.")
            return ast.copy_location(ast.Pass(), node)
        made: list[ast.stmt] = []
        for alias in node.names:
            if alias.name == "*":
                self.error(node, f"Name what you need from {node.module} instead of *.")
                continue
            self.imports.append(Imported(node.module, alias.name, node))
            name = alias.asname or alias.name
            parts = ast.Constant(node.module), ast.Constant(alias.name)
            made.append(self._bind(node, name, "_import_from_", *parts))
        return made or ast.copy_location(ast.Pass(), node)

    def _bind(self, node: ast.stmt, name: str, hook: str, *arguments: ast.expr) -> ast.stmt:
        self.check_name(node, name)
        target = ast.copy_location(ast.Name(name, ast.Store()), node)
        return ast.copy_location(ast.Assign([target], _call(node, hook, *arguments)), node)


def _call(place: ast.AST, hook: str, *arguments: ast.expr) -> ast.Call:
    """Return a call of a hook that stands, for errors, where `place` does."""
    call = ast.Call(ast.Name(hook, ast.Load()), list(arguments), [])
    ast.copy_location(call, place)
    return ast.fix_missing_locations(call)


def _in_place(node: ast.AugAssign, reader: ast.Call, value: ast.expr) -> ast.stmt:
    call = ast.copy_location(ast.Call(reader, [value], []), node)
    return ast.copy_location(ast.Expr(call), node)
