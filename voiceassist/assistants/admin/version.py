"""Published versions, to read: what changed since the one before, and the whole."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from voiceassist.assistants.changes import Change, changes
from voiceassist.assistants.models import AssistantVersion
from voiceassist.foundation.admin import ReadOnlyAdmin, display, pretty_json
from voiceassist.foundation.reading_order import in_reading_order


@admin.register(AssistantVersion)
class AssistantVersionAdmin(ReadOnlyAdmin):
    """What callers heard, and when it changed."""

    list_display = ("assistant", "number", "published_at", "published_by")
    list_filter = ("assistant",)
    list_select_related = ("assistant", "published_by")
    ordering = ("-published_at",)
    fields = ("assistant", "number", "published_at", "published_by", "changed", "whole")

    @display(description="Changed since the version before")
    def changed(self, obj: AssistantVersion) -> SafeString:
        """Return the differences to the version before, field by field."""
        before = AssistantVersion.objects.of(obj.organization_id).filter(
            assistant_id=obj.assistant_id, number__lt=obj.number
        )
        previous = before.first()
        if previous is None:
            return SafeString("This is the first version.")
        found = changes(previous.configuration, obj.configuration)
        return format_html_join("", "{}", ((change_block(change),) for change in found))

    @display(description="Everything in this version")
    def whole(self, obj: AssistantVersion) -> Any:
        """Return the configuration as it is stored."""
        return pretty_json(obj.configuration)


def change_block(change: Change) -> SafeString:
    """Return one difference with its removed and added lines."""
    lines = format_html_join(
        "", '<{0} class="va-{0}">{1} {2}</{0}>',
        (
            (tag, {"del": "−", "ins": "+"}.get(tag, " "), in_reading_order(text))
            for tag, text in change.lines
        ),
    )  # fmt: skip
    return format_html(
        '<div class="va-change"><h3>{}</h3><div class="va-diff">{}</div></div>', change.field, lines
    )
