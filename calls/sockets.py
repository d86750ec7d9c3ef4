"""Who may watch which live page; imports models and the roles table."""

from __future__ import annotations

from django.http import HttpRequest

from calls.choices import FINAL_STATUSES, CallStatus
from calls.models import Call
from calls.services import control
from voiceassist.foundation.errors import VoiceAssistError
from voiceassist.foundation.events.socket import (
    FORBIDDEN,
    NOT_FOUND,
    SIGN_IN,
    SocketRefused,
    Subscription,
)
from voiceassist.foundation.events.viewer import Frame
from voiceassist.organizations.current import (
    Actor,
    KeyUser,
    ask_for,
    organization_of_user,
)
from voiceassist.organizations.errors import HEADER, OrganizationRequired, UnknownOrganization
from voiceassist.organizations.roles import may
from voiceassist.organizations.services import api_keys


def watch_call(request: HttpRequest, call_id: str) -> Subscription:
    """Return what `/ws/calls/{id}` shows to anybody who may read calls of its organization.

    Raises:
        SocketRefused: nobody is signed in, or the call is none of theirs.
    """
    actor = actor_of(request)
    call = Call.unscoped.select_related("organization").filter(pk=int(call_id)).first()
    if call is None:
        raise SocketRefused(NOT_FOUND, "no such call")
    # The page stays with its call while its reader switches organizations in another tab.
    if isinstance(actor, KeyUser):
        actor.asked = call.organization.slug
    else:
        ask_for(actor, call.organization.slug)
    if not may(actor, "calls.read"):
        raise SocketRefused(NOT_FOUND, "no such call")
    if call.status not in FINAL_STATUSES:
        control.watch(call.pk)
    return Subscription(
        call.organization_id, f"call:{call.pk}", lambda frame: _call_message(frame, call.pk)
    )


def watch_executions(request: HttpRequest) -> Subscription:
    """Return what `/ws/tool-executions` shows: every tool run of the asker's organization.

    Raises:
        SocketRefused: nobody is signed in, or it is not clear for which organization.
    """
    actor = actor_of(request)
    try:
        organization = organization_of_user(actor)
    except OrganizationRequired as error:
        raise SocketRefused(FORBIDDEN, error.errors[HEADER][:120]) from None
    except UnknownOrganization:
        raise SocketRefused(NOT_FOUND, "no such organization") from None
    if not may(actor, "executions.read"):
        raise SocketRefused(FORBIDDEN, "your role does not allow this")
    return Subscription(organization.pk, "executions", _execution_message)


def actor_of(request: HttpRequest) -> Actor:
    """Return the person of the session or the program of the bearer key.

    Raises:
        SocketRefused: there is neither.
    """
    asked = request.headers.get(HEADER, "")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            return KeyUser(api_keys.verify(token.strip()), asked=asked)
        except VoiceAssistError:
            raise SocketRefused(SIGN_IN, "this API key is not valid") from None
    if not request.user.is_authenticated:
        raise SocketRefused(SIGN_IN, "sign in first")
    if asked:
        ask_for(request.user, asked)
    return request.user


def _call_message(frame: Frame, call_id: int) -> dict[str, object]:
    if frame["type"] == "call.updated" and frame["data"].get("status") == CallStatus.IN_PROGRESS:
        # Answered a moment ago: now there is somebody who can publish words as they are spoken.
        control.watch(call_id)
    return {
        "type": frame["type"],
        "seq": frame["seq"],
        "at": frame["at"],
        "call_id": call_id,
        "data": frame["data"],
    }


def _execution_message(frame: Frame) -> dict[str, object]:
    return {**frame["data"], "seq": frame["seq"]}
