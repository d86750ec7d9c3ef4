"""Which executor runs which kind, imported on first use; imports only the engine."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.types import Executor

_PATHS = {
    "endpoint": "tools_library.executors.endpoint.executor.EndpointExecutor",
    "lambda": "tools_library.executors.aws_lambda.executor.LambdaExecutor",
    "database_query": "tools_library.executors.database_query.executor.DatabaseQueryExecutor",
    "mcp": "tools_library.executors.mcp.executor.McpExecutor",
    "python_function": ("tools_library.executors.python_function.executor.PythonFunctionExecutor"),
    "frontend": "tools_library.executors.frontend.executor.FrontendExecutor",
    "builtin": "tools_library.executors.builtin.executor.BuiltinExecutor",
}


def kinds() -> frozenset[str]:
    """Return the kinds that can run here."""
    return frozenset(_PATHS)


@cache
def executor_for(kind: str) -> Executor:
    """Return the executor of a kind.

    Raises:
        ToolConfigurationError: no executor runs this kind.
    """
    path = _PATHS.get(kind)
    if path is None:
        raise ToolConfigurationError(f"Tools of type {kind!r} cannot run on this server.")
    module, _, name = path.rpartition(".")
    executor: Executor = getattr(import_module(module), name)()
    return executor
