"""How sign-in is described in the OpenAPI schema; imports drf-spectacular and this room's names."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Programs: a key as bearer token."""

    target_class = "voiceassist.organizations.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme as OpenAPI names it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "vak_…",
            "description": "An API key of one organization: `Authorization: Bearer vak_…`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """People: the session of the pages."""

    target_class = "voiceassist.organizations.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme as OpenAPI names it."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The signed-in person; unsafe methods also need `X-CSRFToken`.",
        }
