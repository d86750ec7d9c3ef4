"""Who may open a page; imports the roles table."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from calls.models import Call
from voiceassist.organizations.current import organization_of
from voiceassist.organizations.pages import page

__all__ = ["call_or_404", "page"]


def call_or_404(request: HttpRequest, call_id: int) -> Call:
    """Return a call of the organization the request acts for.

    Raises:
        Http404: there is none with this id.
    """
    calls = Call.objects.of(organization_of(request))
    call: Call = get_object_or_404(
        calls.select_related("assistant", "assistant_version"), pk=call_id
    )
    return call
