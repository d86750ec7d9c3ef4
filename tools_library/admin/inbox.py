"""Whose turn a question is, told and decided on its page; imports the services of approvals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from tools_library.admin.deciding import moment
from tools_library.approvals import answering, recording, whose
from tools_library.approvals.answering import Answer
from tools_library.approvals.choices import Policy
from tools_library.models import Approval
from voiceassist.foundation.errors import VoiceAssistError
from voiceassist.organizations.current import organization_of
from voiceassist.organizations.models import Role

_HASH_SHOWN = 12


class InboxFilter(admin.SimpleListFilter):
    """Narrows to what waits for whoever looks."""

    title = "whose turn it is"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the one choice beside all."""
        return [("1", "Mine")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return those that are open and for which a yes of theirs would count."""
        if self.value() != "1":
            return queryset
        return queryset.filter(whose.inbox(organization_of(request).pk, request.user))


def asked_of(approval: Approval) -> str:
    """Return who is asked, and of staff whose yes counts."""
    if approval.policy != Policy.STAFF:
        return str(approval.get_policy_display())
    least = Role(approval.least_role)
    above = "" if least == Role.OWNER else " and above"
    to = f"; sent to {approval.sent_to.email}" if approval.sent_to is not None else ""
    two = "; not who asked for it" if approval.four_eyes else ""
    return f"Staff: {least.label.lower()}s{above}{to}{two}"


def record_of(approval: Approval) -> SafeString:
    """Return what the audit says of a question, with the places in its chain."""
    lines = (
        (
            moment(entry.at),
            entry.action.partition(".")[2],
            entry.actor_name or entry.get_actor_kind_display(),
            entry.sequence,
            entry.hash[:_HASH_SHOWN],
        )
        for entry in recording.entries_of(approval)
    )
    return format_html_join("", "<p>{}: {} by {} (audit entry {}, {}…)</p>", lines)


def answer(request: Any, approval: Approval, given: Answer) -> None:
    """Answer a question as whoever is signed in.

    Raises:
        VoiceAssistError: the answer does not count; the form says why.
    """
    try:
        answering.answer(approval, given, by=request.user)
    except PermissionDenied as refused:
        raise VoiceAssistError(str(refused), code="not_asked") from None
