"""Runs of tools, to read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from tools_library.admin.origin import place
from tools_library.choices import ExecutionStatus
from tools_library.models import ToolExecution
from voiceassist.foundation.admin import ReadOnlyAdmin, display, pretty_json
from voiceassist.foundation.reading_order import in_reading_order

_SHOWN = 120
_LABELS = {
    ExecutionStatus.SUCCESS.label: "success",
    ExecutionStatus.ERROR.label: "danger",
    ExecutionStatus.TIMEOUT.label: "danger",
    ExecutionStatus.DENIED.label: "warning",
    ExecutionStatus.CANCELLED.label: "warning",
    ExecutionStatus.RUNNING.label: "info",
    ExecutionStatus.QUEUED.label: "info",
}


@admin.register(ToolExecution)
class ToolExecutionAdmin(ReadOnlyAdmin):
    """What was called, with what, and how it ended."""

    list_display = ("called", "state", "said", "where", "whence", "created_at", "took")
    list_filter = ("status", "trigger_context", "error_code", "assistant", "tool")
    list_select_related = ("assistant", "call")
    search_fields = ("tool_name", "message", "execution_id")
    fieldsets = (
        (None, {"fields": (
            ("called", "state"), "message", ("trigger_context", "took"), ("assistant", "whence"),
            "created_at",
        )}),
        ("What went in", {"fields": ("given",)}),
        ("What came out", {"fields": ("answered", "error_code", "explained")}),
        ("For engineers", {"classes": ("collapse",), "fields": (
            ("tool", "tool_version"), ("side_effect", "retry_count"),
            ("started_at", "completed_at"), ("deadline_at", "user"),
            ("execution_id", "tool_call_id"), "names", "exchange",
        )}),
    )  # fmt: skip

    @display(description="Tool name", ordering="tool_name")
    def called(self, obj: ToolExecution) -> str:
        """Return the name that was called, which may be of no tool."""
        return in_reading_order(obj.tool_name)

    @display(description="Status", ordering="status", label=_LABELS)
    def state(self, obj: ToolExecution) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Message", ordering="message")
    def said(self, obj: ToolExecution) -> str:
        """Return the beginning of the message: a tool may have answered a page of text."""
        return Truncator(obj.message).chars(_SHOWN)

    @display(description="From", ordering="trigger_context", header=True)
    def where(self, obj: ToolExecution) -> tuple[str, str]:
        """Return what asked for it, and which assistant."""
        return str(obj.get_trigger_context_display()), str(obj.assistant or "")

    @display(description="In", ordering="source_id")
    def whence(self, obj: ToolExecution) -> SafeString:
        """Return the conversation or call that it belongs to, with a link."""
        return place(obj, obj.call)

    @display(description="Took", ordering="duration_ms")
    def took(self, obj: ToolExecution) -> str:
        """Return the duration."""
        return "–" if obj.duration_ms is None else f"{obj.duration_ms:,} ms"

    @display(description="Arguments")
    def given(self, obj: ToolExecution) -> SafeString:
        """Return the arguments."""
        return pretty_json(obj.input_parameters)

    @display(description="Answer")
    def answered(self, obj: ToolExecution) -> SafeString:
        """Return the output."""
        return pretty_json(obj.output_result)

    @display(description="Error message")
    def explained(self, obj: ToolExecution) -> str:
        """Return what engineers are told of an error, which may quote what came back."""
        return in_reading_order(obj.error_message) or "–"

    @display(description="Names for templates")
    def names(self, obj: ToolExecution) -> SafeString:
        """Return the context."""
        return pretty_json(obj.context)

    @display(description="Request and answer")
    def exchange(self, obj: ToolExecution) -> SafeString:
        """Return the trace."""
        return pretty_json(obj.trace)
