"""Errors of the API as RFC 9457 problem details; imports Django, DRF and our error tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

API = "/api/"
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


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Stand for Django's page of an unknown address: below `/api/` it is a problem too."""
    if not request.path.startswith(API):
        return defaults.page_not_found(request, exception)
    return _plain(404, "There is nothing at this address; `/api/schema/` lists all that there is.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Stand for Django's page of a failure: below `/api/` it is a problem too."""
    if not request.path.startswith(API):
        return defaults.server_error(request)
    return _plain(500, "The server failed at this; whoever runs it finds the cause in its log.")


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


def _plain(status: int, detail: str) -> HttpResponse:
    body = problem(status, detail, code="not_found" if status == 404 else "internal").data
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


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
