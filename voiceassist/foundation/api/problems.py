"""Errors of the API as RFC 9457 problem details; imports Django, DRF and our error tree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

API = "/api/"
CONTENT_TYPE = "application/problem+json"
HEADERS = ("Retry-After", "WWW-Authenticate")
"""Those of a problem that tell how to go on."""

_FIELDS = "Some fields need another value."


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
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024
        error = InvalidInput({"body": f"Send at most {most:,} kB."})
    if isinstance(error, exceptions.ParseError):
        why = str(error.detail).removesuffix(".")
        error = InvalidInput({"body": f"This cannot be read: {why}."})
    if isinstance(error, VoiceAssistError):
        return _ours(error)
    answer = drf_exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        fields = [{"field": name, "message": text} for name, text in _flatten("", error.detail)]
        result = problem(400, _FIELDS, errors=fields, code="invalid")
    else:
        status = answer.status_code
        detail = getattr(error, "detail", None) or str(error) or HTTPStatus(status).phrase
        result = problem(status, str(detail), code=_code_of(error))
    for name in HEADERS:
        if name in answer:
            result[name] = answer[name]
    return result


def _ours(error: VoiceAssistError) -> Response:
    if isinstance(error, InvalidInput):
        fields = [{"field": name, "message": text} for name, text in error.errors.items()]
        return problem(error.http_status, _FIELDS, errors=fields, code=error.code)
    status = error.http_status or (503 if error.retryable else 409)
    result = problem(status, error.public_message, code=error.code)
    if error.retry_after_s is not None:
        result["Retry-After"] = str(math.ceil(error.retry_after_s))
    return result


def _code_of(error: Exception) -> str:
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied.default_code
    if isinstance(error, Http404):
        return exceptions.NotFound.default_code
    code = error.get_codes() if isinstance(error, exceptions.APIException) else ""
    return code if isinstance(code, str) else ""


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
