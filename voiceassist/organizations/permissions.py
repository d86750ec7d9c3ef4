"""The REST side of the roles table; imports Django REST framework and this room."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from voiceassist.organizations.current import organization_of_user
from voiceassist.organizations.roles import LEAST_ROLE, may


class RolePermission(BasePermission):
    """Lets in whose role has the view's `required_permission`.

    A view says `required_permission = "calls.read"`, or by method
    `{"GET": "calls.read", "POST": "calls.operate"}`.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request may go on.

        Raises:
            OrganizationRequired, UnknownOrganization: see `organizations.current`.
            ImproperlyConfigured: the view names no permission of the table for the method.
        """
        if not request.user or not request.user.is_authenticated:
            return False
        permission = required(view, request.method or "GET")
        organization = organization_of_user(request.user)
        if may(request.user, permission):
            return True
        least = LEAST_ROLE[permission].label.lower()
        self.message = f"This needs the role {least} or above in {organization.name}."
        return False


def required(view: Any, method: str) -> str:
    """Return the permission that `view` wants for `method`.

    Raises:
        ImproperlyConfigured: it names none, or one that the table does not know.
    """
    named = getattr(view, "required_permission", None)
    if isinstance(named, dict):
        named = named.get({"HEAD": "GET", "OPTIONS": "GET"}.get(method, method)) or next(
            iter(named.values()), None
        )
    if named not in LEAST_ROLE:
        raise ImproperlyConfigured(
            f"{type(view).__name__}.required_permission must name a permission of "
            f"organizations.roles for {method}, not {named!r}."
        )
    return str(named)
