"""What every route of conversations shares: who asks, JSON in and out, errors as problems.

The views are plain async functions: a stream must not hold a thread.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from voiceassist.conversations.api.identity import NotSignedIn, identify
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.errors import ConversationError, TooFast
from voiceassist.conversations.services.people import Participant
from voiceassist.foundation.api import problems
from voiceassist.foundation.api.parsing import StorableJSONParser
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

BODY_MAX = 1024 * 1024
_ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID, X-CSRFToken, X-Organization"


@dataclass(frozen=True)
class Asked:
    """One request, its asker known and its body read."""

    request: HttpRequest
    who: Participant
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def streams(self) -> bool:
        """Whether the client wants Server-Sent Events."""
        return "text/event-stream" in self.request.headers.get("Accept", "")


Handler = Callable[..., Awaitable[HttpResponseBase]]


def door(*, plain_errors: bool = False, **handlers: tuple[str, Handler]) -> Any:
    """Return a view from `METHOD=(permission, async handler(asked, **path))`.

    Pages elsewhere may call it with a bearer token: cookies are never taken from them.

    Args:
        plain_errors: problems also have `error`, as document 003's clients read it.
    """

    @csrf_exempt
    async def view(request: HttpRequest, **path: Any) -> HttpResponseBase:
        answer = await _answered(request, handlers, path, plain_errors)
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = "Retry-After"
        return answer

    return view


async def _answered(
    request: HttpRequest,
    handlers: dict[str, tuple[str, Handler]],
    path: dict[str, Any],
    plain: bool,
) -> HttpResponseBase:
    method = request.method or ""
    if method == "OPTIONS":
        return _preflight(handlers)
    chosen = handlers.get("GET" if method == "HEAD" else method)
    if chosen is None:
        answer = _problem(405, f"Send one of {', '.join(handlers)} here.", plain=plain)
        answer["Allow"] = ", ".join(handlers)
        return answer
    permission, handler = chosen
    try:
        who = await threads.run(identify, request, permission)
        body = _body(request) if method in ("POST", "PUT", "PATCH") else {}
        return await handler(Asked(request, who, body), **path)
    except Exception as error:
        answer_of = _of(error, plain)
        if answer_of is None:
            raise
        return answer_of


def _of(error: Exception, plain: bool) -> HttpResponse | None:
    """Return the answer to what a handler raised; None: it is nobody's fault outside."""
    if isinstance(error, NotSignedIn):
        answer = _problem(401, str(error), code="not_authenticated", plain=plain)
        answer["WWW-Authenticate"] = 'Bearer realm="voiceassist"'
        return answer
    if isinstance(error, PermissionDenied):
        return _problem(403, str(error), code="permission_denied", plain=plain)
    if isinstance(error, Http404):
        return _problem(404, str(error), code="not_found", plain=plain)
    if isinstance(error, InvalidInput):
        fields = [{"field": name, "message": text} for name, text in error.errors.items()]
        detail = "Some fields need another value."
        return _problem(400, detail, code=error.code, errors=fields, plain=plain)
    if isinstance(error, ConversationError):
        answer = _problem(error.http_status, error.public_message, code=error.code, plain=plain)
        if isinstance(error, TooFast):
            answer["Retry-After"] = str(error.retry_after_s)
        return answer
    if isinstance(error, VoiceAssistError):
        status = 410 if error.code == "expired" else 409
        return _problem(status, error.public_message, code=error.code, plain=plain)
    return None


def _problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: list[dict[str, str]] | None = None,
    plain: bool,
) -> HttpResponse:
    body = dict(problems.problem(status, detail, code=code, errors=errors).data)
    if plain:
        said = [f"{each['field']}: {each['message']}" for each in errors or ()]
        body["error"] = " ".join(said) or detail
        status = 422 if status == 400 else status
        body["status"] = status
    return JsonResponse(body, status=status, content_type=problems.CONTENT_TYPE)


def _preflight(handlers: dict[str, tuple[str, Handler]]) -> HttpResponse:
    answer = HttpResponse(status=204)
    answer["Access-Control-Allow-Methods"] = ", ".join([*handlers, "OPTIONS"])
    answer["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
    answer["Access-Control-Max-Age"] = "3600"
    return answer


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        too_long = len(request.body) > BODY_MAX
    except RequestDataTooBig:
        too_long = True
    if too_long:
        raise InvalidInput({"body": f"Send at most {BODY_MAX // 1024:,} kB."})
    if not request.body.strip():
        return {}
    try:
        body = StorableJSONParser().parse(io.BytesIO(request.body), "application/json", {})
    except exceptions.ValidationError as error:
        detail: Any = error.detail
        raise InvalidInput({key: str(each[0]) for key, each in detail.items()}) from None
    except exceptions.ParseError as error:
        raise InvalidInput({"body": f"This is no JSON that can be taken: {error}"}) from None
    if not isinstance(body, dict):
        raise InvalidInput({"body": "Send one JSON object."})
    return body
