"""What the pages of approvals and reviews share: decide rows, say how it went, show what differs.

Imports the admin's base and the differences of versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import display_for_value
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tools_library.models import Tool
from voiceassist.assistants.admin.version import change_block
from voiceassist.assistants.changes import changes
from voiceassist.foundation.admin import RecordAdmin, pretty_json, reason
from voiceassist.foundation.errors import VoiceAssistError
from voiceassist.foundation.reading_order import in_reading_order

_IN_A_LIST = 160


class DecidingAdmin(RecordAdmin):
    """Rows that are read, and decided by buttons; nothing else of them is edited."""

    actions = ("approve_chosen", "reject_chosen")
    actions_submit_line: tuple[str, ...] = ("approve", "reject")

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


def in_short(arguments: Mapping[str, Any] | None) -> str:
    """Return arguments on one line, such as `order_id: 1042, express: true`; cut where long."""
    told = (
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in (arguments or {}).items()
    )
    text = in_reading_order(", ".join(told))
    return text if len(text) <= _IN_A_LIST else f"{text[:_IN_A_LIST]}…"


def moment(at: datetime | None) -> str:
    """Return a date and time as lists show it; a row's page formats no value of a method."""
    return str(display_for_value(at, "–"))


def tool_link(tool: Tool | None, name: str) -> SafeString:
    """Return a link to a tool, by the name that people and the model know; plain where it is gone.

    Args:
        name: as the model called it.
    """
    if tool is None:
        return format_html("{}", in_reading_order(name))
    link = reverse("admin:tools_library_tool_change", args=[tool.pk])
    return format_html(
        '<a class="va-link" href="{}"><bdi>{}</bdi></a> ({})', link, tool.display_name, name
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> SafeString:
    """Return what differs, field by field, removed and added lines; a dash where nothing does."""
    blocks = ((change_block(change),) for change in changes(before, after))
    return format_html_join("", "{}", blocks) or SafeString("–")


def readable(configuration: Mapping[str, Any]) -> SafeString:
    """Return a configuration; a program in it stands below the rest, line by line."""
    code = configuration.get("code")
    if not isinstance(code, str):
        return pretty_json(configuration)
    rest = {name: value for name, value in configuration.items() if name != "code"}
    return format_html('{}<pre class="va-code">{}</pre>', pretty_json(rest), in_reading_order(code))
