"""Errors of the API as RFC 9457 problem details; imports Django, DRF and our error tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, detail: str, *, errors: list[dict[str, str]] | None = None, code: str = ""
) -> Response:
    """Return `{"type", "title", "status", "detail", "code"?, "errors"?}` as a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if code:
        body["code"] = code
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; unknown errors stay exceptions (500)."""
    if isinstance(error, InvalidInput):
        fields = [{"field": name, "message": text} for name, text in error.errors.items()]
        return problem(400, "Some fields need another value.", errors=fields, code=error.code)
    if isinstance(error, VoiceAssistError):
        return problem(409 if not error.retryable else 503, error.public_message, code=error.code)
    answer = drf_exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        fields = [{"field": name, "message": text} for name, text in _flatten("", error.detail)]
        result = problem(400, "Some fields need another value.", errors=fields, code="invalid")
    else:
        status = answer.status_code
        detail = getattr(error, "detail", None) or str(error) or HTTPStatus(status).phrase
        code = error.get_codes() if isinstance(error, exceptions.APIException) else ""
        result = problem(status, str(detail), code=code if isinstance(code, str) else "")
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in answer:
            result[name] = answer[name]
    return result


def _flatten(path: str, detail: Any) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flatten(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _flatten(f"{path}.{index}" if nested else path, inner)
    else:
        yield path, str(detail)
