"""Calls an HTTP endpoint through the outbound door; imports the engine and the door."""

from __future__ import annotations

import contextlib
import datetime
from typing import Any, ClassVar

from pydantic import ValidationError

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolConfigurationError, ToolError, ToolResponseError
from tools_library.engine.response import excerpt, message_in, parse_body, to_output
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.endpoint import vapi
from tools_library.executors.endpoint.building import build
from tools_library.executors.endpoint.config import EndpointConfig
from tools_library.executors.http import (
    REDIRECTS,
    RETRY_STATUSES,
    Line,
    retry_after,
    rules,
    send_proven,
)
from voiceassist.foundation.outbound import OutboundResponse


class EndpointExecutor:
    """Renders the request, sends it, maps the answer."""

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[EndpointConfig]] = EndpointConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Send one request; every attempt of a run carries the same `Idempotency-Key`.

        Raises:
            ToolError: see `tools_library.engine.errors`.
        """
        config = _config(spec)
        trace: dict[str, Any] = {}
        try:
            request = build(config, spec, call)
            redirects = REDIRECTS if config.follow_redirects else 0
            reads = spec.side_effect == "read"
            line = Line(config.connect_timeout, redirects, rules(call.network), repeatable=reads)
            response = send_proven(request, config.authentication, call, deadline, line, trace)
            output = _output(response, config, call, trace)
        except ToolError as error:
            error.trace = trace
            raise
        return ToolResult(output, trace)


def _config(spec: ToolSpec) -> EndpointConfig:
    try:
        return EndpointConfig.model_validate(spec.configuration)
    except ValidationError as error:
        raise ToolConfigurationError(
            "The tool's configuration is not complete; staff must mend it.", detail=str(error)
        ) from None


def _output(
    response: OutboundResponse, config: EndpointConfig, call: ToolCall, trace: dict[str, Any]
) -> dict[str, Any]:
    mapped = config.response_handling.mapped
    good = 200 <= response.status < 300
    if config.envelope == "vapi":
        answer = _parsed(response, call) if good else _said(response, call)
        if good or vapi.is_envelope(answer):
            warnings: list[str] = trace.setdefault("warnings", [])
            if response.status != 200:
                warnings.append(f"The answer's status is {response.status}, not 200.")
            return vapi.read(answer, call.execution_id, mapped, warnings)
    if good:
        return to_output(_parsed(response, call), mapped)
    raise _bad_status(response, config, call)


def _parsed(response: OutboundResponse, call: ToolCall) -> Any:
    kind = response.headers.get("content-type", "")
    return call.secrets.mask(parse_body(response.body, kind, call.secrets.mask))


def _said(response: OutboundResponse, call: ToolCall) -> Any:
    """Return what an answer with a bad status holds, None where it cannot be read."""
    with contextlib.suppress(ToolResponseError):
        return _parsed(response, call)
    return None


def _bad_status(
    response: OutboundResponse, config: EndpointConfig, call: ToolCall
) -> ToolResponseError:
    """Name the status and, where the answer carries one, its message: the model can tell it."""
    status = response.status
    said = message_in(_said(response, call), config.response_handling.mapped)[:200]
    text = f"The service answered with status {status}" + (f": {said}" if said else ".")
    if 300 <= status < 400:
        text = "The service sent the request elsewhere, which this tool does not follow."
    return ToolResponseError(
        text,
        code="bad_status",
        retryable=status in RETRY_STATUSES,
        detail=f"{status}: {excerpt(response.body, call.secrets.mask)}",
        retry_after=retry_after(response.headers, datetime.datetime.now(datetime.UTC)),
    )
