"""Invokes a function of AWS Lambda within the run's deadline; imports engine and AWS clients.

A run that AWS answers tells what it used and what that costs in `trace["usage"]`, see `reports`.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from pydantic import ValidationError

from tools_library.engine import templating
from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import (
    ToolArgumentsError,
    ToolConfigurationError,
    ToolError,
    ToolTimeout,
)
from tools_library.engine.response import parse_body, to_output
from tools_library.engine.schema import declared_names
from tools_library.engine.secrets import Secrets
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.aws_lambda import access, refusals, reports
from tools_library.executors.aws_lambda.config import LambdaConfig
from tools_library.executors.door_faults import tool_error
from voiceassist.foundation.outbound import OutboundError
from voiceassist.foundation.providers import aws

MAX_PAYLOAD = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
"""AWS's own limits in bytes; what is larger is refused before it is sent."""

_TRACED = 2_000
_memory_mb: dict[tuple[str, str], int] = {}
"""What each function was last seen to have, by region and name."""


class LambdaExecutor:
    """Renders the event, invokes, maps what the function returned."""

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[LambdaConfig]] = LambdaConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Invoke once; `Event` succeeds when AWS has accepted it.

        Raises:
            ToolError: `lambda_error` for what AWS or the function says, else see
                `tools_library.engine.errors`.
        """
        config = _config(spec)
        payload = _payload(config, spec, call)
        trace: dict[str, Any] = {"request": _trace_request(config, payload)}
        try:
            output = _invoke(config, call, payload, deadline, trace)
        except ToolError as error:
            error.trace = _told(trace, call.secrets)
            raise
        return ToolResult(output, _told(trace, call.secrets))


def _config(spec: ToolSpec) -> LambdaConfig:
    try:
        return LambdaConfig.model_validate(spec.configuration)
    except ValidationError as error:
        raise ToolConfigurationError(
            "The tool's configuration is not complete; staff must mend it.", detail=str(error)
        ) from None


def _payload(config: LambdaConfig, spec: ToolSpec, call: ToolCall) -> bytes:
    declared = declared_names(spec.parameters)
    names = templating.Names(call.context, call.arguments, declared, call.secrets)
    event = templating.render(config.payload_template, names)
    payload = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
    limit = MAX_PAYLOAD[config.invocation_type]
    if len(payload) > limit:
        raise ToolArgumentsError(
            f"The function's event would have {len(payload):,} bytes, more than the {limit:,} that "
            "it takes. Give less."
        )
    return payload


def _invoke(
    config: LambdaConfig, call: ToolCall, payload: bytes, deadline: Deadline, trace: dict[str, Any]
) -> dict[str, Any]:
    """Invoke and return the output; puts answer and usage into `trace` as far as they come."""
    answer = _ask(config, call, payload, deadline, trace)
    body = answer["Payload"].read()
    log = reports.log_tail(answer.get("LogResult", ""))
    trace["response"] = {
        "status": answer["StatusCode"],
        "executed_version": answer.get("ExecutedVersion"),
        "function_error": answer.get("FunctionError"),
        "request_id": answer["ResponseMetadata"].get("RequestId"),
        "payload": body.decode("utf-8", "replace"),
        "log_tail": log,
    }
    if config.invocation_type == "Event":
        return {"success": True, "message": "The function has accepted the task."}
    _note_usage(config, reports.read_usage(log), trace)
    if answer.get("FunctionError"):
        raise refusals.function_failed(call.secrets.mask(body.decode("utf-8", "replace")))
    returned = parse_body(body, "application/json", call.secrets.mask)
    return to_output(call.secrets.mask(returned), config.response_handling.mapped)


def _ask(
    config: LambdaConfig, call: ToolCall, payload: bytes, deadline: Deadline, trace: dict[str, Any]
) -> Any:
    """Return AWS's answer.

    Raises:
        ToolError: there is none, or it is a refusal.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    began = deadline.remaining
    invoking = False
    what = f"the role {config.credentials.role_arn}"
    try:
        with aws.within(began):
            keys = access.keys(
                config.credentials,
                config.aws_region,
                call.secrets,
                call.context.get("organization_id"),
                settings.AWS_HOST_CREDENTIALS_FOR,
            )
            invoking = True
            what = f"the function {config.function_name} in {config.aws_region}"
            return aws.lambda_client(config.aws_region, keys).invoke(
                FunctionName=config.function_name,
                InvocationType=config.invocation_type,
                LogType="Tail" if config.invocation_type == "RequestResponse" else "None",
                Payload=payload,
            )
    except OutboundError as error:
        raised = tool_error(error, "AWS Lambda")
        raised.nothing_sent = raised.nothing_sent or not invoking
        if isinstance(raised, ToolTimeout) and not raised.nothing_sent:
            _assume_usage(config, began - deadline.remaining, trace)
        raise raised from None
    except ClientError as error:
        raise refusals.refused(error, what, call.secrets.mask) from None
    except BotoCoreError as error:
        unreadable = refusals.unreadable(error, call.secrets.mask)
        unreadable.nothing_sent = not invoking
        raise unreadable from None


def _note_usage(config: LambdaConfig, usage: reports.Usage | None, trace: dict[str, Any]) -> None:
    if usage is not None:
        if len(_memory_mb) >= 1_000:
            _memory_mb.clear()
        _memory_mb[config.aws_region, config.function_name] = usage.memory_mb
        trace["usage"] = usage.as_json()


def _assume_usage(config: LambdaConfig, seconds: float, trace: dict[str, Any]) -> None:
    """Count the time that we waited: the function may well have run it, and a cap must know."""
    memory = _memory_mb.get((config.aws_region, config.function_name), reports.ASSUMED_MEMORY_MB)
    trace["usage"] = reports.Usage(round(seconds * 1000), memory, assumed=True).as_json()


def _trace_request(config: LambdaConfig, payload: bytes) -> dict[str, Any]:
    return {
        "function_name": config.function_name,
        "aws_region": config.aws_region,
        "invocation_type": config.invocation_type,
        "payload": payload.decode("utf-8", "replace"),
    }


def _told(trace: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Return the trace for staff: masked, and only then cut, so that no secret's half is left."""
    masked: dict[str, Any] = secrets.mask(trace)
    for part in ("request", "response"):
        if part in masked:
            masked[part]["payload"] = masked[part]["payload"][:_TRACED]
    return masked
