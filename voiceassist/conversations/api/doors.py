"""What every route of conversations shares: who asks, JSON in and out, errors as problems.

The views are plain async functions: a stream must not hold a thread.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response

from voiceassist.conversations.api.identity import identify
from voiceassist.conversations.models import AgentRun, Conversation
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.errors import DELETED, NoSuchConversation
from voiceassist.conversations.services.people import Participant
from voiceassist.foundation.api import problems
from voiceassist.foundation.api.parsing import StorableJSONParser
from voiceassist.foundation.errors import InvalidInput

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
        if request.method == "HEAD" and isinstance(answer, StreamingHttpResponse):
            answer.streaming_content = _nothing()  # else the line stays open for what never comes
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
        told = problems.problem(405, f"Send one of {', '.join(handlers)} here.")
        answer = _problem(told, plain)
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


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for each in nothing:
        yield each


def _of(error: Exception, plain: bool) -> HttpResponse | None:
    """Return the answer to what a handler raised; None: it is nobody's fault outside."""
    if isinstance(error, (Conversation.DoesNotExist, AgentRun.DoesNotExist)):
        error = NoSuchConversation(DELETED)  # since the handler found it
    told = problems.exception_handler(error, {})
    return None if told is None else _problem(told, plain)


def _problem(told: Response, plain: bool) -> HttpResponse:
    body, status = dict(told.data), told.status_code
    if plain:
        said = [f"{each['field']}: {each['message']}" for each in body.get("errors", ())]
        status = 422 if status == 400 else status
        body |= {"status": status, "title": HTTPStatus(status).phrase}
        body["error"] = " ".join(said) or body["detail"]
    kept = {name: told[name] for name in problems.HEADERS if name in told}
    return JsonResponse(body, status=status, headers=kept, content_type=problems.CONTENT_TYPE)


def _preflight(handlers: dict[str, tuple[str, Handler]]) -> HttpResponse:
    answer = HttpResponse(status=204)
    answer["Access-Control-Allow-Methods"] = ", ".join([*handlers, "OPTIONS"])
    answer["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
    answer["Access-Control-Max-Age"] = "3600"
    return answer


def _body(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > BODY_MAX:
        raise InvalidInput({"body": f"Send at most {BODY_MAX // 1024:,} kB."})
    if not request.body.strip():
        return {}
    body = StorableJSONParser().parse(io.BytesIO(request.body), "application/json", {})
    if not isinstance(body, dict):
        raise InvalidInput({"body": "Send one JSON object."})
    return body
