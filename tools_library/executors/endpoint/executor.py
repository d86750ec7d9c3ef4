"""Calls an HTTP endpoint through the outbound door; imports the engine and the door."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from pydantic import ValidationError

from tools_library.engine import templating
from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import (
    ToolArgumentsError,
    ToolConfigurationError,
    ToolError,
    ToolRefused,
    ToolResponseError,
    ToolTimeout,
    ToolTransportError,
)
from tools_library.engine.response import message_in, parse_body, to_output
from tools_library.engine.schema import declared_names
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.endpoint.config import EndpointConfig
from voiceassist.foundation import outbound

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_MASKED = frozenset({"authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"})
_TRACED = 2_000
_RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class _Request:
    """A request that is ready to go."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


class EndpointExecutor:
    """Renders the request, sends it, maps the answer."""

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[EndpointConfig]] = EndpointConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Send one request; a non-read one carries `Idempotency-Key: {execution_id}`.

        Raises:
            ToolError: see `tools_library.engine.errors`.
        """
        config = _config(spec)
        request = _build(config, spec, call)
        trace: dict[str, Any] = {"request": _trace_request(request)}
        try:
            response = _send(request, deadline)
            trace["response"] = _trace_response(response)
            answer = _answer(response, config)
        except ToolError as error:
            error.trace = trace
            raise
        return ToolResult(to_output(answer, config.response_handling.mapped), trace)


def _config(spec: ToolSpec) -> EndpointConfig:
    try:
        return EndpointConfig.model_validate(spec.configuration)
    except ValidationError as error:
        raise ToolConfigurationError(
            "The tool's configuration is not complete; staff must mend it.", detail=str(error)
        ) from None


def _build(config: EndpointConfig, spec: ToolSpec, call: ToolCall) -> _Request:
    names = templating.Names(call.context, call.arguments, declared_names(spec.parameters))
    headers = {"Accept": "application/json, text/plain;q=0.8, */*;q=0.1"}
    headers |= templating.render_headers(config.headers, names)
    if spec.side_effect != "read":
        headers["Idempotency-Key"] = call.execution_id
    body = _body(config, call, names)
    if body is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return _Request(config.method, _url(config, call, names), headers, body)


def _url(config: EndpointConfig, call: ToolCall, names: templating.Names) -> str:
    url = templating.render_url(config.url, names)
    if config.query is not None:
        query = templating.render(config.query, names)
    elif config.method in _WITH_BODY or config.request_body_template is not None:
        return url
    else:
        used = set(templating.names_in(config.url))
        whole = "parameters" in used
        query = {
            name: value
            for name, value in call.arguments.items()
            if not whole and not used & {name, f"parameters.{name}"}
        }
    return _with_query(url, query)


def _with_query(url: str, query: Mapping[str, Any]) -> str:
    pairs = [
        (name, templating.as_text(item))
        for name, value in query.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    if not pairs:
        return url
    base = url.partition("#")[0]
    joint = "&" if urlsplit(base).query else "?"
    return f"{base.rstrip('?')}{joint}{urlencode(pairs, errors='replace')}"


def _body(config: EndpointConfig, call: ToolCall, names: templating.Names) -> bytes | None:
    if config.request_body_template is not None:
        content = templating.render(config.request_body_template, names)
    elif config.method in _WITH_BODY:
        content = dict(call.arguments)
    else:
        return None
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _send(request: _Request, deadline: Deadline) -> outbound.OutboundResponse:
    try:
        return outbound.request(
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
            timeout=deadline.remaining,
        )
    except outbound.OutboundTimeout as error:
        raise ToolTimeout(
            "The service did not answer in time.", detail=error.public_message
        ) from None
    except outbound.OutboundTooLarge as error:
        raise ToolResponseError("The service's answer is too large.", detail=str(error)) from None
    except outbound.OutboundInvalid as error:
        raise ToolArgumentsError(error.public_message) from None
    except outbound.OutboundRefused as error:
        raise ToolRefused(
            "The tool's address may not be called from here; staff must mend it.",
            detail=error.public_message,
        ) from None
    except outbound.OutboundFailed as error:
        raise ToolTransportError(
            "The service could not be reached.", detail=error.public_message
        ) from None


def _answer(response: outbound.OutboundResponse, config: EndpointConfig) -> Any:
    if 200 <= response.status < 300:
        return parse_body(response.body, response.headers.get("content-type", ""))
    raise ToolResponseError(
        _bad_status_text(response, config),
        code="bad_status",
        retryable=response.status in _RETRY_STATUSES,
        detail=f"{response.status}: {response.body[:200].decode('utf-8', 'replace')}",
    )


def _bad_status_text(response: outbound.OutboundResponse, config: EndpointConfig) -> str:
    """Name the status and, where the answer carries one, its message: the model can tell it."""
    said = ""
    with contextlib.suppress(ToolResponseError):
        answer = parse_body(response.body, response.headers.get("content-type", ""))
        said = message_in(answer, config.response_handling.mapped)[:200]
    if 300 <= response.status < 400:
        return "The service sent the request elsewhere, which tools do not follow."
    return f"The service answered with status {response.status}" + (f": {said}" if said else ".")


def _trace_request(request: _Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url[:_TRACED],
        "headers": _mask(request.headers),
        "body": _excerpt(request.body or b""),
    }


def _trace_response(response: outbound.OutboundResponse) -> dict[str, Any]:
    return {
        "status": response.status,
        "headers": _mask(response.headers),
        "body": _excerpt(response.body),
        "duration_ms": response.duration_ms,
    }


def _mask(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: "•••" if name.lower() in _MASKED else value[:_TRACED]
        for name, value in headers.items()
    }


def _excerpt(body: bytes) -> str:
    return body[:_TRACED].decode("utf-8", "replace")
