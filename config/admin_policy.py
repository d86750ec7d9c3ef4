"""The admin's own Content-Security-Policy; every other page keeps the strict one.

Unfold's Alpine evaluates expressions in attributes and writes styles; no script may be inline.
Imports only Django.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

PREFIX = "/admin/"
POLICY = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
}


class AdminPolicyMiddleware:
    """Marks the admin's answers for django-csp; stands after CSPMiddleware in the list."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self.is_async:
            return self._later(request)
        response: HttpResponse = self.get_response(request)
        return _mark(request, response)

    async def _later(self, request: HttpRequest) -> HttpResponse:
        return _mark(request, await self.get_response(request))


def _mark(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.path_info.startswith(PREFIX):
        response._csp_replace = POLICY  # type: ignore[attr-defined]
    return response
