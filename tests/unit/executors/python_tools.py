"""What tests of Python tools share: a tool from its code, and one run of it."""

from typing import Any

from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.registry import executor_for
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import Network, ToolCall, ToolResult, ToolSpec

CANARY = "s3cr3t-canary-value"


def tool(code: str, **configuration: Any) -> ToolSpec:
    shape = {"type": "python_function", "code": code, "allowed_imports": ["requests", "json"]}
    return ToolSpec("tool", "python_function", {**shape, **configuration}, {}, "write", 0)


def run(
    spec: ToolSpec,
    arguments: dict[str, Any] | None = None,
    *,
    network: Network | None = None,
    seconds: float = 120.0,
    secrets: dict[str, str] | None = None,
) -> ToolResult:
    known = FixedSecrets(secrets or {"API_KEY": CANARY, "OTHER": "other-value"})
    context = {"phone_number": "+12025550143"}
    call = ToolCall("e-1", arguments or {}, context, seconds, known, network or Network())
    return executor_for("python_function").execute(
        spec, call, Deadline.after(seconds, SystemClock())
    )


def lines(code: str) -> str:
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return f"import requests\n\ndef execute_tool(parameters, context):\n{body}\n"
