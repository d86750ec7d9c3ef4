"""Who comes to a door: a person signed in, a program with a key, or an end user with a token."""

from __future__ import annotations

from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated

from voiceassist.assistants.models import Assistant
from voiceassist.conversations.services import tokens
from voiceassist.conversations.services.people import Participant
from voiceassist.organizations.authentication import SessionAuthentication
from voiceassist.organizations.current import Actor, KeyUser, ask_for, organization_of_user
from voiceassist.organizations.errors import HEADER
from voiceassist.organizations.models import User
from voiceassist.organizations.roles import LEAST_ROLE, may
from voiceassist.organizations.services import api_keys

_SAFE = ("GET", "HEAD", "OPTIONS")


class NotSignedIn(NotAuthenticated):
    """Nobody proved who they are; the text says how to."""

    auth_header = 'Bearer realm="voiceassist"'


def identify(request: HttpRequest, permission: str, organization: str = "") -> Participant:
    """Return who asks, once they may; in a database thread.

    Args:
        organization: slug of the one they act for; empty: the header says it, or they chose it.

    Raises:
        NotSignedIn: no session, key or token, or none that is good.
        PermissionDenied: their role does not suffice, or the CSRF token is missing.
        OrganizationRequired, UnknownOrganization: for which organization they act is not clear.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        secret = secret.strip()
        is_token = secret.startswith(tokens.PREFIX)
        return _end_user(secret, permission) if is_token else _program(request, secret, permission)
    return _person(request, permission, organization)


def identify_again(request: HttpRequest, permission: str, organization: str) -> Participant:
    """Return the same of a request that is still being answered, by what holds by now.

    Raises:
        as `identify`.
    """
    request.session = type(request.session)(request.session.session_key)
    request.user = get_user(request)
    return identify(request, permission, organization)


def _person(request: HttpRequest, permission: str, organization: str) -> Participant:
    user = request.user
    if not isinstance(user, User) and not user.is_authenticated:
        raise NotSignedIn(
            "Sign in, or send an API key or a token: Authorization: Bearer vak_… or vat_…"
        )
    if request.method not in _SAFE:
        SessionAuthentication().enforce_csrf(request)
    actor = User.objects.get(pk=user.pk)
    if slug := organization or request.headers.get(HEADER, ""):
        ask_for(actor, slug)
    current = organization_of_user(actor)
    _require(actor, permission)
    operates = may(actor, "conversations.read")
    return Participant(current.pk, actor.email, user=actor, operates=operates)


def _program(request: HttpRequest, secret: str, permission: str) -> Participant:
    try:
        key = api_keys.verify(secret)
    except api_keys.KeyRefused as error:
        raise NotSignedIn(error.public_message) from None
    actor = KeyUser(key, asked=request.headers.get(HEADER, ""))
    organization = organization_of_user(actor)
    _require(actor, permission)
    operates = may(actor, "conversations.read")
    return Participant(organization.pk, str(actor), api_key=key, operates=operates)


def _end_user(secret: str, permission: str) -> Participant:
    try:
        token = tokens.read(secret)
    except tokens.TokenRefused as error:
        raise NotSignedIn(str(error)) from None
    if permission not in _OF_END_USERS:
        raise PermissionDenied("A token of an end user is for chatting only.")
    known = Assistant.objects.of(token.organization_id).filter(pk=token.assistant_id)
    if not known.exists():
        raise NotSignedIn("The assistant of this token was removed.")
    return Participant(
        token.organization_id,
        token.end_user,
        end_user=token.end_user,
        assistant_id=token.assistant_id,
    )


_OF_END_USERS = frozenset({"conversations.read", "conversations.chat"})


def _require(actor: Actor, permission: str) -> None:
    if not may(actor, permission):
        least = LEAST_ROLE[permission].label.lower()
        raise PermissionDenied(f"This needs the role {least} or above.")
