"""One call with what was said in it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from calls.choices import CallStatus
from calls.models import Call
from voiceassist.foundation.admin import ReadOnlyAdmin, display, pretty_json

_LABELS = {
    CallStatus.COMPLETED.label: "success",
    CallStatus.IN_PROGRESS.label: "info",
    CallStatus.FAILED.label: "danger",
    CallStatus.BUSY.label: "warning",
    CallStatus.NO_ANSWER.label: "warning",
    CallStatus.CANCELED.label: "warning",
}


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    """Who rang whom, how it ended, and the words."""

    list_display = (
        "other_number", "direction", "state", "assistant", "ended_reason", "started_at", "length",
    )  # fmt: skip
    list_filter = ("status", "direction", "ended_reason", "assistant")
    list_select_related = ("assistant",)
    search_fields = ("from_number", "to_number", "call_sid")
    date_hierarchy = "started_at"
    fieldsets = (
        (None, {"fields": (
            "page", ("from_number", "to_number"), ("direction", "state"), "ended_reason",
            "ended_detail", ("assistant", "assistant_version"), ("started_at", "length"),
            "instruction",
        )}),
        ("What was said", {"fields": ("words",)}),
        ("For engineers", {"classes": ("collapse",), "fields": (
            "call_sid", "answered_at", "ended_at", "is_simulated", "started_by", "tokens",
            "figures",
        )}),
    )  # fmt: skip

    @display(description="Number", ordering="from_number")
    def other_number(self, obj: Call) -> str:
        """Return the number at the other end."""
        return obj.from_number if obj.direction == "inbound" else obj.to_number

    @display(description="Status", ordering="status", label=_LABELS)
    def state(self, obj: Call) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Length", ordering="duration_ms")
    def length(self, obj: Call) -> str:
        """Return the length as minutes and seconds."""
        if obj.duration_ms is None:
            return "–"
        minutes, seconds = divmod(obj.duration_ms // 1000, 60)
        return f"{minutes}:{seconds:02d}"

    @display(description="Call page")
    def page(self, obj: Call) -> SafeString:
        """Return a link to the page with the whole timeline."""
        url = reverse("calls:detail", args=[obj.pk])
        return format_html('<a class="va-link" href="{}">Open the call page</a>', url)

    @display(description="Words")
    def words(self, obj: Call) -> SafeString:
        """Return both sides' words in order."""
        items = obj.transcript_items.all()
        lines = ((item.get_role_display(), item.text or "(not understood)") for item in items)
        return format_html_join("", "<p><strong>{}:</strong> <bdi>{}</bdi></p>", lines)

    @display(description="Tokens")
    def tokens(self, obj: Call) -> SafeString:
        """Return the tokens used."""
        return pretty_json(obj.usage)

    @display(description="Figures")
    def figures(self, obj: Call) -> SafeString:
        """Return frames and interruptions."""
        return pretty_json(obj.metrics)
