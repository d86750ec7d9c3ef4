"""The tool's admin pages: the list, the form for every kind, trying it out; imports the service."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from tools_library.admin import around, functions, kinds, trying
from tools_library.admin.forms import ToolForm
from tools_library.admin.part import Part
from tools_library.admin.waiting import WaitingNote
from tools_library.choices import TriggerContext
from tools_library.models import AssistantTool, Tool, ToolVersion
from tools_library.services import frontend_tools
from tools_library.services.counting import with_counts
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.foundation.admin import OrganizationAdmin, action, display, pretty_json

_CLOSED = ["collapse"]


def _names(*groups: tuple[Part, ...]) -> tuple[str, ...]:
    return tuple(part.name for group in groups for part in group)


_WORDS = ("What it is", {"fields": (
    "tool_type", ("display_name", "name"), "description", "side_effect", "is_active",
)})  # fmt: skip
_ARGUMENTS = ("What it needs to know", {"fields": ("parameters", "fixed_parameters")})
_RUNS = ("What it runs", {
    "fields": (*_names(kinds.RUNS, kinds.WHOSE), "give_to", *_names(kinds.PAGE), kinds.FURTHER),
})  # fmt: skip
_ANSWER = ("Its answer", {
    "classes": _CLOSED,
    "fields": _names(kinds.ANSWER, around.TOLD),
    "description": "Names in the answer's JSON, with dots for what lies inside: result.status",
})  # fmt: skip
_RULES = ("When it may run", {
    "fields": (
        "allowed_contexts", "asks", *_names(around.APPROVAL),
        ("timeout_seconds", "retry_attempts"), "runs_per_call", ("limit_runs", "limit_seconds"),
        "on_duplicate", "execution_mode",
    ),
})  # fmt: skip
_SPOKEN = ("What is said around it", {
    "classes": _CLOSED,
    "fields": (
        "say_start", ("say_delayed", "say_delayed_after"), "say_complete", "say_failed",
        "on_interrupt",
    ),
    "description": "To callers, while it runs. Empty: nothing.",
})  # fmt: skip
_SHARED = ("Sharing", {"classes": _CLOSED, "fields": ("is_public", "is_template")})
_HISTORY = ("Where it is used, and its versions", {"fields": ("used_where", "history")})
_READERS = (
    ("What it is", {"fields": (
        ("display_name", "name"), "kind", "description", "side_effect", "is_active",
        "arguments",
    )}),
    ("What it runs", {"fields": ("configured",)}),
    ("Rules", {"fields": (
        "used_in", "asked", ("timeout_seconds", "retry_attempts"),
        "behaves",
    )}),
    _HISTORY,
)  # fmt: skip
_FORM = (_WORDS, _ARGUMENTS, _RUNS, _ANSWER, _RULES, _SPOKEN, _SHARED)
# Whoever only reads has no such field in the page, and sees everything.
_OWN_WORDS = "typeof tool_type == 'undefined' || tool_type != 'builtin'"
_SHOWN = 20


@admin.register(Tool)
class ToolAdmin(WaitingNote, OrganizationAdmin):
    """What assistants can do; each save that changes what runs makes a version."""

    form = ToolForm
    list_display = (
        "called", "kind", "does", "assistants", "version", "switched_on", "runs", "last_run",
    )  # fmt: skip
    list_filter = ("tool_type", "side_effect", "is_active", "is_public", "is_template")
    search_fields = ("name", "display_name", "description")
    readonly_fields = ("used_where", "history")
    actions_detail = ("try_it",)
    what_happens = (
        "Assistants lose it at once. Its versions and runs stay, and its name is free again."
    )
    conditional_fields: ClassVar[dict[str, str]] = {
        "name": _OWN_WORDS,
        "side_effect": _OWN_WORDS,
        "parameters": _OWN_WORDS,
        "give_to": f"tool_type == '{kinds.BROWSER}' && !everywhere",
        **{part.name: part.shown for part in (*kinds.PARTS, *around.PARTS) if part.shown},
    }

    class Media:
        js = (Script("js/code-field.js", defer=True), Script("js/known-functions.js", defer=True))

    def get_urls(self) -> list[Any]:
        """Add the address that lists AWS functions for the form."""
        view = self.admin_site.admin_view(self.functions)
        return [path("functions/", view, name="tools_library_tool_functions"), *super().get_urls()]

    def functions(self, request: HttpRequest) -> HttpResponse:
        """Answer with the functions that the form's credentials see."""
        tool = self.get_object(request, request.GET.get("tool", "") or "0")
        owner = request.organization if tool is None else tool.organization  # type: ignore[attr-defined]
        return require_POST(functions.answer)(request, owner)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave archived tools out; count who uses the others."""
        used = Count("assistant_tools", filter=Q(assistant_tools__enabled=True))
        rows: QuerySet[Any] = super().get_queryset(request)
        return with_counts(rows.filter(archived_at__isnull=True)).annotate(used_by=used)

    @display(description="Name", ordering="display_name", header=True)
    def called(self, obj: Tool) -> tuple[str, str]:
        """Return what people and what the model call it."""
        return obj.display_name, obj.name

    @display(description="Kind", ordering="tool_type")
    def kind(self, obj: Tool) -> str:
        """Return what runs it."""
        return str(obj.get_tool_type_display())

    @display(description="A run", ordering="side_effect")
    def does(self, obj: Tool) -> str:
        """Return what a run does."""
        return str(obj.get_side_effect_display())

    @display(description="On", ordering="is_active", boolean=True)
    def switched_on(self, obj: Tool) -> bool:
        """Return whether assistants may use it."""
        return bool(obj.is_active)

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
            return _FORM
        if not self.has_change_permission(request, obj):
            return _READERS
        return (*_FORM, _HISTORY)

    def store(self, request: HttpRequest, obj: Tool, form: ToolForm) -> None:
        """Save by the service."""
        tool = obj if obj.pk else None
        saved = save_tool(obj.organization, form.values(), by=request.user, tool=tool)
        if (assistant := form.given_to) is not None:
            frontend_tools.give(saved, assistant, by=request.user)
        obj.pk, obj.version = saved.pk, saved.version
        obj._state.adding = False

    def erase(self, request: HttpRequest, obj: Tool) -> None:
        """Archive the tool: its runs stay, its name is free again."""
        archive_tool(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """List the tools alone: archiving keeps their versions and runs."""
        named = [str(obj) for obj in objs]
        return named, {"tools": len(named)}, set(), []

    def has_try_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the person may run tools by hand."""
        return bool(request.user.has_perm("tools.run"))

    @action(description="Try it", url_path="try", permissions=["try"], icon="play_arrow")
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the page that runs it with arguments written by hand."""
        tool = self.get_object(request, object_id)
        if tool is None:
            raise Http404("There is no such tool.")
        return trying.page(request, tool, self.admin_site.each_context(request))

    @display(description="Where it may be used")
    def used_in(self, obj: Tool) -> str:
        """Return the contexts in words."""
        words = dict(TriggerContext.choices)
        return ", ".join(words.get(each, each) for each in obj.allowed_contexts) or "Everywhere"

    @display(description="Before it runs")
    def asked(self, obj: Tool) -> str:
        """Return who is asked."""
        who = around.asks(obj.behaviour, require_confirmation=obj.require_confirmation)
        return dict(around.ASKS)[who]

    @display(description="Arguments")
    def arguments(self, obj: Tool) -> SafeString:
        """Return the schema of the arguments."""
        function = obj.function_definition.get("function") or {}
        return pretty_json(function.get("parameters"))

    @display(description="Configuration")
    def configured(self, obj: Tool) -> SafeString:
        """Return the configuration as it is stored."""
        return pretty_json(obj.configuration)

    @display(description="Behaviour")
    def behaves(self, obj: Tool) -> SafeString:
        """Return the behaviour as it is stored."""
        return pretty_json(obj.behaviour)

    @display(description="Assistants that have it")
    def used_where(self, obj: Tool) -> SafeString:
        """Return who has it, with links."""
        if obj.pk is None:
            return SafeString("–")
        rows = AssistantTool.objects.of(obj.organization_id).filter(tool_id=obj.pk)
        found = rows.select_related("assistant", "pinned_version").order_by("assistant__name")
        lines = [(_use(row),) for row in found]
        return format_html_join("", "<p>{}</p>", lines) or SafeString("None yet.")

    @display(description="Versions, newest first")
    def history(self, obj: Tool) -> SafeString:
        """Return the newest versions with links to what they hold and changed."""
        if obj.pk is None:
            return SafeString("–")
        rows = ToolVersion.objects.of(obj.organization_id).filter(tool_id=obj.pk)
        return format_html_join(
            "", "<p>{}</p>", ((_line(row),) for row in rows.select_related("created_by")[:_SHOWN])
        )


def _line(row: ToolVersion) -> SafeString:
    link = reverse("admin:tools_library_toolversion_change", args=[row.pk])
    who = f", {row.created_by}" if row.created_by else ""
    when = date_format(localtime(row.created_at), "DATETIME_FORMAT")
    return format_html('<a class="va-link" href="{}">{}</a> · {}{}', link, row.version, when, who)


def _use(row: AssistantTool) -> SafeString:
    link = reverse("admin:assistants_assistant_change", args=[row.assistant_id])
    notes = [
        "" if row.enabled else "switched off",
        f"keeps version {row.pinned_version.version}" if row.pinned_version else "",
        "own configuration" if row.custom_configuration else "",
    ]
    said = "".join(f" · {note}" for note in notes if note)
    return format_html('<a class="va-link" href="{}">{}</a>{}', link, row.assistant, said)
