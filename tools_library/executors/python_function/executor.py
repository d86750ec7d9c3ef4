"""Runs a tool's Python code in the sandbox; imports the engine and the sandbox.

`trace` tells staff what the code printed (`stdout`), each of its requests (`http`), what it used
(`usage`: cpu_ms, peak_memory_kb, duration_ms) and, when it failed, why and in which of its lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from pydantic import ValidationError

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import (
    ToolCodeError,
    ToolCodeRejected,
    ToolConfigurationError,
    ToolError,
    ToolKilled,
    ToolResponseError,
    ToolSandboxUnavailable,
    ToolTimeout,
)
from tools_library.engine.response import EXCERPT, text_of, truth
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.python_function.config import PythonFunctionConfig
from tools_library.executors.python_function.http import ToolRequests
from tools_library.sandbox.client import sandbox
from tools_library.sandbox.types import Finished, Job
from voiceassist.foundation import outbound

# How `requests` in a tool calls what this side knows to have been a fault on the line.
_TRANSPORT_ERRORS = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "Timeout")


class PythonFunctionExecutor:
    """Runs `execute_tool(parameters, context)` once."""

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[PythonFunctionConfig]] = PythonFunctionConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Run the code within the deadline.

        Raises:
            ToolError: `code_rejected`, `code_error`, `timeout`, `killed`, `bad_response`,
                `sandbox_unavailable`.
        """
        config = _config(spec)
        job = _job(config, call, deadline)
        try:
            http = ToolRequests(
                deadline, call.secrets, call.network, config.allowed_hosts, job.timeout_s
            )
        except outbound.OutboundError as error:
            raise ToolConfigurationError(
                "The hosts that this tool may call cannot be read; staff must mend them.",
                detail=error.public_message,
            ) from None
        mask = call.secrets.mask
        finished = sandbox().run(job, http=http, deadline_s=deadline.remaining, mask=mask)
        trace = mask(_trace(finished, http))
        try:
            if finished.outcome != "success":
                _fail(finished, http)
            return ToolResult(to_output(finished.result, mask), trace)
        except ToolError as error:
            error.trace = trace
            raise


def to_output(result: Any, mask: Callable[[str], str] = str) -> dict[str, Any]:
    """Return what the code returned as `{"success", "message", "data"?}`.

    A text is the message; an object without `success` is the data of a success; of one with it,
    keys beside `message` and `data` join the data. Anything else is data, nothing is a plain yes.
    A message that is no text is written as JSON.

    Args:
        mask: hides secrets in what an error shows of the answer.

    Raises:
        ToolResponseError: `success` is there and says neither yes nor no.
    """
    if isinstance(result, str):
        return {"success": True, "message": result}
    if result is None:
        return {"success": True, "message": ""}
    if not isinstance(result, dict):
        return {"success": True, "message": "", "data": result}
    text = text_of(result.get("message"))
    if "success" not in result:
        if set(result) <= {"message", "data"} and "message" in result:
            return {"success": True, **result, "message": text}
        return {"success": True, "message": text, "data": result}
    output: dict[str, Any] = {"success": _success(result["success"], mask), "message": text}
    more = {key: value for key, value in result.items() if key not in ("success", "message")}
    if set(more) == {"data"}:
        output["data"] = more["data"]
    elif more:
        output["data"] = more
    return output


def _success(value: Any, mask: Callable[[str], str]) -> bool:
    meant = truth(value)
    if meant is None:
        shown = mask(json.dumps(value, ensure_ascii=False))[:EXCERPT]
        raise ToolResponseError(
            "The tool's code does not say whether it worked.",
            detail=f"success must be True or False; the code answered {shown}",
        )
    return meant


def _config(spec: ToolSpec) -> PythonFunctionConfig:
    try:
        return PythonFunctionConfig.model_validate(spec.configuration)
    except ValidationError as error:
        raise ToolConfigurationError(
            "The tool's configuration is not complete; staff must mend it.", detail=str(error)
        ) from None


def _job(config: PythonFunctionConfig, call: ToolCall, deadline: Deadline) -> Job:
    """Return the run, with the values of the named credentials and no others."""
    values = {name: call.secrets.reveal(name) for name in config.environment_variables}
    return Job(
        code=config.code,
        parameters=call.arguments,
        context={**call.context, "environment_variables": values},
        allowed_imports=config.allowed_imports,
        memory_limit_mb=config.memory_limit_mb,
        timeout_s=min(config.execution_timeout or deadline.remaining, deadline.remaining),
    )


def _trace(finished: Finished, http: ToolRequests) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "stdout": finished.stdout,
        "http": http.trace,
        "usage": {
            "cpu_ms": finished.cpu_ms,
            "peak_memory_kb": finished.peak_memory_kb,
            "duration_ms": finished.duration_ms,
        },
    }
    if finished.outcome != "success":
        trace["error"] = {"message": finished.error_message, "line": finished.line}
    return trace


def _fail(finished: Finished, http: ToolRequests) -> NoReturn:
    """Raise what a run that did not succeed means.

    Raises:
        ToolError: always.
    """
    said = finished.error_message
    where = f" in line {finished.line}" if finished.line else ""
    match finished.outcome:
        case "error":
            # Whether the line failed is what this side saw; the code only says that it gave up.
            gave_up = http.failed_in_transport and said.partition(":")[0] in _TRANSPORT_ERRORS
            raise ToolCodeError(
                f"The tool's code failed{where}: {said}", detail=said, retryable=gave_up
            )
        case "rejected":
            raise ToolCodeRejected(
                f"The tool's code cannot run{where}: {said}",
                detail="Mend the code and save the tool.",
            )
        case "timeout":
            raise ToolTimeout("The tool's code did not finish in time.", detail=said)
        case "killed":
            raise ToolKilled("The tool's code was stopped.", detail=said)
        case _:
            raise ToolSandboxUnavailable("Python tools cannot run on this server.", detail=said)
