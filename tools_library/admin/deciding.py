"""What the pages of approvals and reviews share: decide rows, say how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from voiceassist.foundation.admin import OrganizationAdmin, reason
from voiceassist.foundation.errors import VoiceAssistError


class DecidingAdmin(OrganizationAdmin):
    """Rows that are read, and decided by buttons; nothing else of them is edited."""

    warn_unsaved_form = False
    actions = ("approve_chosen", "reject_chosen")
    actions_submit_line = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: runs and saves make these rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: they are the record."""
        return False

    def store(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Keep what was written beside the buttons for the one that was pressed."""
        obj.answered_with = form.cleaned_data

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the buttons that decide, and no others."""
        extra = {**(extra_context or {}), "show_save": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, extra)

    def decide(
        self, request: HttpRequest, rows: Iterable[Any], work: Callable[[Any], Any], done: str
    ) -> None:
        """Do a service's step to each row; say how many went well, and why others did not."""
        went_well = 0
        for row in rows:
            try:
                work(row)
                went_well += 1
            except VoiceAssistError as error:
                messages.error(request, f"{row}: {reason(error)}")
            except PermissionDenied as error:
                messages.error(request, f"{row}: {error}")
        if went_well:
            messages.success(request, f"{done}: {went_well}.")
