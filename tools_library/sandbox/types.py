"""What goes into a sandboxed run and what comes out; frozen, imports only the standard library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RunOutcome = Literal["rejected", "success", "error", "timeout", "killed", "unavailable"]

# One HTTP call of a tool and its answer, as the facade in the child words them: JSON objects. The
# port treats the first as hostile: it comes from the tool's process.
HttpRequest = dict[str, Any]
HttpAnswer = dict[str, Any]
HttpPort = Callable[[HttpRequest], HttpAnswer]


@dataclass(frozen=True)
class Job:
    """One run of a Python tool.

    `timeout_s` is the wall time the tool may take, `memory_limit_mb` what it may use above the
    interpreter itself; `context` reaches the tool as its second argument.
    """

    code: str
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]
    allowed_imports: tuple[str, ...] = ()
    memory_limit_mb: int = 128
    timeout_s: float = 10.0


@dataclass(frozen=True)
class Finished:
    """How a run ended.

    `result` is JSON and only there after `success`; `line` is the tool's own line, `stdout` what
    it printed, also before it failed. `cpu_ms` and `peak_memory_kb` are the kernel's account of
    the child, read by itself where it answered; memory is counted above what an idle child has.
    """

    outcome: RunOutcome
    result: Any = None
    stdout: str = ""
    error_code: str = ""
    error_message: str = ""
    line: int | None = None
    duration_ms: int = 0
    cpu_ms: int = 0
    peak_memory_kb: int = 0


@dataclass(frozen=True)
class Problem:
    """Why code is not accepted, and where; lines and columns count from 1."""

    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Wall:
    """One wall of the sandbox: whether it stands, and if not, why."""

    name: str
    required: bool
    on: bool
    why: str = ""


@dataclass(frozen=True)
class SandboxStatus:
    """Whether Python tools can run here, why not, and which walls stand."""

    available: bool
    why: str = ""
    walls: tuple[Wall, ...] = field(default=())
