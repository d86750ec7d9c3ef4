"""How REST requests prove who they are; imports Django REST framework and this room."""

from __future__ import annotations

from typing import Any

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from voiceassist.organizations.current import KeyUser
from voiceassist.organizations.errors import HEADER
from voiceassist.organizations.models import ApiKey
from voiceassist.organizations.services import api_keys


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer vak_…`; the user is a KeyUser, `request.auth` the ApiKey."""

    def authenticate(self, request: Request) -> tuple[KeyUser, ApiKey] | None:
        """Return who the key is for; None where the request carries no bearer token.

        Raises:
            AuthenticationFailed: the key is unknown, expired or revoked.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = api_keys.verify(token.strip())
        except api_keys.KeyRefused as error:
            raise exceptions.AuthenticationFailed(error.public_message) from None
        return KeyUser(key, asked=request.headers.get(HEADER, "")), key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that makes an unauthenticated request a 401."""
        return 'Bearer realm="voiceassist"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The person signed in on the pages; unsafe methods need `X-CSRFToken`."""

    def enforce_csrf(self, request: Any) -> None:
        """Refuse an unsafe request without the token of the session.

        Raises:
            PermissionDenied: the token is missing or wrong.
        """
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise exceptions.PermissionDenied(
                f"{error.detail} Send the csrftoken cookie's value in the X-CSRFToken header."
            ) from None
