"""An endpoint tool's request, filled in; sends nothing, imports engine and configuration."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from tools_library.engine import templating
from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.schema import declared_names
from tools_library.engine.types import ToolCall, ToolSpec
from tools_library.executors.authentication import Request
from tools_library.executors.endpoint import vapi
from tools_library.executors.endpoint.config import EndpointConfig

_CONTENT_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}


def build(config: EndpointConfig, spec: ToolSpec, call: ToolCall) -> Request:
    """Return the request, without its proof; a non-read one has `Idempotency-Key`.

    Raises:
        ToolConfigurationError: a name is unknown, or a body has another form than its type.
        ToolArgumentsError: an argument cannot stand where it should.
    """
    declared = declared_names(spec.parameters)
    names = templating.Names(call.context, call.arguments, declared, call.secrets)
    body = _body(config, spec, call, names)
    request = Request(config.method, _url(config, call, names), {}, body)
    request = request.with_header("Accept", "application/json, text/plain;q=0.8, */*;q=0.1")
    if body is not None:
        request = request.with_header("Content-Type", _CONTENT_TYPES[config.body_type])
    for name, value in templating.render_headers(config.headers, names).items():
        request = request.with_header(name, value)
    if spec.side_effect != "read":
        request = request.with_header("Idempotency-Key", call.execution_id)
    return request


def _url(config: EndpointConfig, call: ToolCall, names: templating.Names) -> str:
    url = templating.render_url(config.url, names)
    if config.query is not None:
        query = templating.render(config.query, names)
    elif config.sends_body:
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
    pairs = _pairs(query)
    if not pairs:
        return url
    base = url.partition("#")[0]
    joint = "&" if urlsplit(base).query else "?"
    return f"{base.rstrip('?')}{joint}{urlencode(pairs, errors='replace')}"


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and texts; a list is its name once for each item, null is left out."""
    return [
        (name, templating.as_text(item))
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]


def _body(
    config: EndpointConfig, spec: ToolSpec, call: ToolCall, names: templating.Names
) -> bytes | None:
    if config.envelope == "vapi":
        return _json(vapi.message(spec, call, round(time.time() * 1000)))
    template = config.request_body_template
    if not config.sends_body:
        return None
    if config.body_type == "text":
        return templating.render_text(str(template or ""), names).encode("utf-8", "replace")
    content = dict(call.arguments) if template is None else templating.render(template, names)
    if config.body_type == "json":
        return _json(content)
    if not isinstance(content, Mapping):
        raise ToolConfigurationError("The form of this tool is no object; staff must mend it.")
    return urlencode(_pairs(content), errors="replace").encode()


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
