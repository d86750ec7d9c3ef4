"""What goes into a run and what comes out; frozen, imports only the engine and the behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from tools_library.behaviour import DEFAULT, Behaviour
from tools_library.engine.deadline import Deadline
from tools_library.engine.secrets import FixedSecrets, Secrets

SideEffect = Literal["read", "idempotent", "write", "irreversible"]
RunsAt = Literal["worker", "session", "browser"]
FinalStatus = Literal["success", "error", "timeout", "cancelled", "denied"]


@dataclass(frozen=True)
class ToolSpec:
    """A tool as it runs: one version, the assistant's own configuration merged in.

    `parameters` is the JSON schema of the arguments; `configuration` has the shape of the kind.
    """

    name: str
    kind: str
    configuration: Mapping[str, Any]
    parameters: Mapping[str, Any]
    side_effect: SideEffect
    retry_attempts: int
    behaviour: Behaviour = DEFAULT


@dataclass(frozen=True)
class Network:
    """Which hosts the organization lets its tools call: `host`, `*.host` or `host:port`.

    An empty `allow` means all that the outbound door lets through; `deny` always wins.
    """

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool.

    `context` holds the names that templates may use beside the arguments; `secrets` the
    credentials, which executors reveal by name and mask in all they report.
    """

    execution_id: str
    arguments: Mapping[str, Any]
    context: Mapping[str, Any]
    timeout_seconds: float
    secrets: Secrets = field(default_factory=FixedSecrets, compare=False)
    network: Network = Network()


@dataclass(frozen=True)
class ToolResult:
    """What an executor brought home: `{"success", "message", "data"?}` and, for staff, a trace."""

    output: dict[str, Any]
    trace: dict[str, Any] | None = None


@dataclass(frozen=True)
class ToolOutcome:
    """How a run ended.

    `output` always holds `success` and `message`. A tool that answers `{"success": false}` is an
    `error` without an `error_code`: the run went well, the tool itself said no. `detail` is for
    staff, `notice` the platform's own word to the model, such as that staff changed the arguments.
    """

    status: FinalStatus
    output: dict[str, Any]
    error_code: str = ""
    public_message: str = ""
    detail: str = ""
    duration_ms: int = 0
    retry_count: int = 0
    notice: str = ""
    trace: dict[str, Any] | None = field(default=None, compare=False)


class Executor(Protocol):
    """Runs the tools of one kind; `config` is the pydantic shape of their configuration."""

    runs_at: ClassVar[RunsAt]
    config: ClassVar[Any]

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Run once, within the deadline.

        Raises:
            ToolError: the tool failed; `retryable` says whether another attempt makes sense.
        """
        ...
