"""`manage.py run_tool_code`: runs Python tools from standard input in the real sandbox.

One JSON object per line in, one per line out, and nothing else on stdout; needs no database.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.secrets import FixedSecrets
from tools_library.executors.python_function.http import ToolRequests
from tools_library.sandbox.client import sandbox
from tools_library.sandbox.types import Finished, Job

_WANTED = {
    "code": "Write the tool's code as a text.",
    "parameters": "Write a JSON object.",
    "context": "Write a JSON object.",
    "allowed_imports": "Write a list of the names of modules.",
    "execution_timeout": "Write seconds: a number above 0, at most 900.",
    "memory_limit_mb": "Write a whole number from 16 to 512.",
    "environment_variables": "Write a JSON object whose values are texts.",
}
_FIELDS = ("outcome", "result", "stdout", "error_code", "error_message", "line", "duration_ms")
# Time to start the sandbox and to compile, which a tool's own time does not count.
_AROUND_SECONDS = 30.0


class Line(BaseModel):
    """One line of input."""

    model_config = ConfigDict(extra="forbid")

    code: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)
    allowed_imports: tuple[str, ...] = ()
    execution_timeout: float = Field(10.0, gt=0, le=900)
    memory_limit_mb: int = Field(128, ge=16, le=512)
    environment_variables: dict[str, str] = Field(default_factory=dict)


class Command(BaseCommand):
    """Run tools line by line."""

    help = "Run Python tools from standard input, one JSON object per line, in the sandbox."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer every line with one."""
        for line in sys.stdin.buffer:
            if line.strip():
                self.stdout.write(json.dumps(answer(line)))
                self.stdout.flush()


def answer(line: bytes) -> dict[str, Any]:
    """Return how the run of one line ended."""
    try:
        asked = Line.model_validate(json.loads(line))
    except ValidationError as error:
        return _invalid(_fault(error))
    except (ValueError, RecursionError) as error:
        return _invalid(f"The line is not JSON: {_unreadable(error)}.")
    finished = _run(asked)
    answered = {name: getattr(finished, name) for name in _FIELDS}
    if finished.outcome == "unavailable":
        answered["outcome"] = "error"
    return answered


def _fault(error: ValidationError) -> str:
    """Return the first field that is wrong, and what belongs there."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if not where:
        return "the line: Write one JSON object per line."
    if first["type"] == "missing":
        return f"{where}: This is needed."
    if first["type"] == "extra_forbidden":
        return f"{where}: There is no such field. There are {', '.join(_WANTED)}."
    return f"{where}: {_WANTED[str(first['loc'][0])]}"


def _unreadable(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return "it is nested too deep, or a number has too many digits"


def _run(asked: Line) -> Finished:
    deadline = Deadline.after(asked.execution_timeout + _AROUND_SECONDS, SystemClock())
    job = Job(
        code=asked.code,
        parameters=asked.parameters,
        context={**asked.context, "environment_variables": asked.environment_variables},
        allowed_imports=asked.allowed_imports,
        memory_limit_mb=asked.memory_limit_mb,
        timeout_s=asked.execution_timeout,
    )
    http = ToolRequests(deadline, FixedSecrets(), longest_s=asked.execution_timeout)
    return sandbox().run(job, http=http, deadline_s=deadline.remaining)


def _invalid(text: str) -> dict[str, Any]:
    finished = Finished("rejected", error_code="invalid_arguments", error_message=text)
    return {name: getattr(finished, name) for name in _FIELDS}
