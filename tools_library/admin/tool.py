"""The tool's admin page; imports the service and the form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tools_library.admin.forms import ANSWER_FIELDS, REQUEST_FIELDS, ToolForm
from tools_library.models import Tool, ToolVersion
from tools_library.services.counting import with_counts
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.foundation.admin import OrganizationAdmin, display, pretty_json

_TAB = ["tab"]
_WORDS = ("What it is", {"classes": _TAB, "fields": (
    ("display_name", "name"), "description", "parameters",
)})  # fmt: skip
_REQUEST = ("Request", {"classes": _TAB, "fields": REQUEST_FIELDS})
_ANSWER = ("Answer", {
    "classes": _TAB,
    "fields": ANSWER_FIELDS,
    "description": "Names in the answer's JSON, with dots for what lies inside: result.status",
})  # fmt: skip
_RULES = ("Rules", {"classes": _TAB, "fields": (
    "is_active", "side_effect", "allowed_contexts", ("timeout_seconds", "retry_attempts"),
)})  # fmt: skip
_HISTORY = ("Versions", {"classes": _TAB, "fields": ("history",)})
_READERS = (
    ("What it is", {"classes": _TAB, "fields": (
        ("display_name", "name"), "description", "arguments",
    )}),
    ("Request", {"classes": _TAB, "fields": ("tool_type", "configured")}),
    _RULES,
    _HISTORY,
)  # fmt: skip


_SHOWN = 20


@admin.register(Tool)
class ToolAdmin(OrganizationAdmin):
    """What assistants can do; each save that changes what runs makes a version."""

    form = ToolForm
    list_display = (
        "display_name", "name", "tool_type", "side_effect", "assistants", "version", "is_active",
        "runs", "last_run",
    )  # fmt: skip
    list_filter = ("tool_type", "side_effect", "is_active", "is_template")
    search_fields = ("name", "display_name", "description")
    readonly_fields = ("history",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave archived tools out; count who uses the others."""
        used = Count("assistant_tools", filter=Q(assistant_tools__enabled=True))
        rows: QuerySet[Any] = super().get_queryset(request)
        return with_counts(rows.filter(archived_at__isnull=True)).annotate(used_by=used)

    @display(description="Assistants", ordering="used_by")
    def assistants(self, obj: Any) -> int:
        """Return how many assistants may use it."""
        return int(obj.used_by)

    @display(description="Runs", ordering="runs")
    def runs(self, obj: Any) -> int:
        """Return how often it ran."""
        return int(obj.runs)

    @display(description="Last run", ordering="last_run_at")
    def last_run(self, obj: Any) -> datetime | None:
        """Return when a run last ended."""
        moment: datetime | None = obj.last_run_at
        return moment

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show fields to whoever edits, and plain words to whoever reads."""
        if obj is None:
            return (_WORDS, _REQUEST, _ANSWER, _RULES)
        if not self.has_change_permission(request, obj):
            return _READERS
        return (_WORDS, _REQUEST, _ANSWER, _RULES, _HISTORY)

    def store(self, request: HttpRequest, obj: Tool, form: ToolForm) -> None:
        """Save by the service."""
        tool = obj if obj.pk else None
        saved = save_tool(obj.organization, form.values(), by=request.user, tool=tool)
        obj.pk, obj.version = saved.pk, saved.version
        obj._state.adding = False

    def erase(self, request: HttpRequest, obj: Tool) -> None:
        """Archive the tool: its runs stay, its name is free again."""
        archive_tool(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """List the tools alone: archiving keeps their versions and runs."""
        named = [str(obj) for obj in objs]
        return named, {"tools": len(named)}, set(), []

    @display(description="Arguments")
    def arguments(self, obj: Tool) -> SafeString:
        """Return the schema of the arguments."""
        function = obj.function_definition.get("function") or {}
        return pretty_json(function.get("parameters"))

    @display(description="Request")
    def configured(self, obj: Tool) -> SafeString:
        """Return the configuration as it is stored."""
        return pretty_json(obj.configuration)

    @display(description="Newest first")
    def history(self, obj: Tool) -> SafeString:
        """Return the newest versions with links to what they hold."""
        if obj.pk is None:
            return SafeString("–")
        rows = ToolVersion.objects.of(obj.organization_id).filter(tool_id=obj.pk)
        return format_html_join(
            "", "<p>{}</p>", ((_line(row),) for row in rows.select_related("created_by")[:_SHOWN])
        )


def _line(row: ToolVersion) -> SafeString:
    link = reverse("admin:tools_library_toolversion_change", args=[row.pk])
    who = f", {row.created_by}" if row.created_by else ""
    when = f"{row.created_at:%Y-%m-%d %H:%M} UTC"
    return format_html('<a class="text-link" href="{}">{}</a> · {}{}', link, row.version, when, who)
