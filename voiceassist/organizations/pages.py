"""Who may open a page; imports the roles table."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from voiceassist.organizations.current import organization_of
from voiceassist.organizations.roles import LEAST_ROLE, may

View = Callable[..., HttpResponse]


def page(permission: str) -> Callable[[View], View]:
    """Let in whoever is signed in and has `permission` in the organization they act for."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            organization = organization_of(request)
            if not may(request.user, permission):
                least = LEAST_ROLE[permission].label.lower()
                raise PermissionDenied(
                    f"This needs the role {least} or above. Ask an admin of {organization.name}."
                )
            return view(request, *args, **kwargs)

        return guarded

    return decorate
