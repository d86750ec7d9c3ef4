"""Gives each request its organization; imports only this room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from voiceassist.organizations.current import ask_for, organization_of_user
from voiceassist.organizations.errors import HEADER, OrganizationRequired


class CurrentOrganizationMiddleware:
    """Sets `request.organization`, found when it is first read.

    Reading raises OrganizationRequired or UnknownOrganization; the API answers 400 or 404, a page
    of a signed-in person leads to the choice. Works in both modes, since a sync-only middleware
    costs each request a thread hop.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        _bind(request)
        answer: HttpResponse | Awaitable[HttpResponse] = self.get_response(request)
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Lead a person whose organization is unclear to the page where they choose."""
        if isinstance(error, OrganizationRequired):
            back = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('organizations:choose')}?{back}")
        return None


def _bind(request: HttpRequest) -> None:
    slug = request.headers.get(HEADER, "")
    if slug:
        user = request.user
        request.user = SimpleLazyObject(lambda: _asking(user, slug))  # type: ignore[assignment]
    lazy = SimpleLazyObject(lambda: organization_of_user(request.user))
    request.organization = lazy  # type: ignore[attr-defined]


def _asking(user: Any, slug: str) -> Any:
    ask_for(user, slug)
    return user
