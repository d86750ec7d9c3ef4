"""The outbox, to read: every mail that tools and pages sent, and what became of it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voiceassist.foundation.admin import ReadOnlyAdmin, display
from voiceassist.foundation.models import Mail, MailStatus

_LABELS = {
    MailStatus.SENT.label: "success",
    MailStatus.FAILED.label: "danger",
    MailStatus.QUEUED.label: "info",
    MailStatus.SENDING.label: "info",
    MailStatus.KEPT.label: "warning",
}


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Mails, newest first. Kept here: no mail server is set, so this page is all there is."""

    list_display = ("subject", "recipient", "state", "created_at", "error")
    list_filter = ("status",)
    search_fields = ("subject", "recipient")
    fieldsets = (
        (None, {"fields": ("subject", ("recipient", "state"), ("created_at", "sent_at"), "said")}),
        ("For engineers", {"classes": ("collapse",), "fields": (
            ("attempts", "next_attempt_at"), "error", "key", "html",
        )}),
    )  # fmt: skip

    @display(description="Status", ordering="status", label=_LABELS)
    def state(self, obj: Mail) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Text")
    def said(self, obj: Mail) -> SafeString:
        """Return the text with its lines as they were written."""
        return format_html('<div class="whitespace-pre-wrap break-words">{}</div>', obj.text)
