"""The organization's own page; imports its service."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from voiceassist.foundation.admin import OrganizationAdmin
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import organizations

_HOSTS = {"rows": 4, "class": "font-mono", "spellcheck": "false"}


class HostsField(forms.CharField):
    """A list of hosts, one per line."""

    def __init__(self, help_text: str, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs=_HOSTS)
        super().__init__(required=False, widget=widget, help_text=help_text, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the lines to edit."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines that hold something."""
        return str(super().to_python(value)).split()

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other hosts are named."""
        return bool(self.to_python(data) != (initial or []))


def _number(label: str, most: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        label=label,
        min_value=1,
        max_value=most,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    """An organization, with its rules for tools as fields."""

    outbound_allow = HostsField(
        label="Hosts that tools may reach",
        help_text="One per line: api.example.com, *.example.com (every name below it), "
        "api.example.com:443. Empty: all public ones. Private networks open only by the server's "
        "OUTBOUND_ALLOW.",
    )
    outbound_deny = HostsField(
        label="Hosts that tools may not reach",
        help_text="One per line. This list wins over the other.",
    )
    limit_runs = _number(
        "Tool runs", organizations.RUNS_MAX,
        "At most so many runs of all tools together … Empty: no limit.",
    )  # fmt: skip
    limit_seconds = _number(
        "Seconds", organizations.SECONDS_MAX, "… within so many seconds, such as 600 within 60."
    )

    class Meta:
        model = Organization
        fields = ("name", "slug", "default_assistant", "tool_review")
        labels: ClassVar[Any] = {"slug": "Short name"}
        help_texts: ClassVar[Any] = {
            "slug": "For addresses, programs and commands: letters, digits, hyphens."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = self.instance.tool_rate_limit or {}
        self.initial["limit_runs"] = limit.get("runs")
        self.initial["limit_seconds"] = limit.get("seconds")
        for name in ("outbound_allow", "outbound_deny"):
            self.initial[name] = getattr(self.instance, name)

    def clean(self) -> Any:
        """Put the fields into the row as it stores them."""
        given = super().clean() or self.cleaned_data
        for name in ("outbound_allow", "outbound_deny"):
            if name in given:
                setattr(self.instance, name, given[name])
        if "limit_runs" in given and "limit_seconds" in given:
            self.instance.tool_rate_limit = self._limit(given)
        return given

    def field_for(self, path: str) -> str:
        """Return the field that shows an error of the limit."""
        return "limit_runs" if path == "tool_rate_limit" else path

    def _limit(self, given: dict[str, Any]) -> dict[str, int] | None:
        runs, seconds = given["limit_runs"], given["limit_seconds"]
        if runs is None and seconds is None:
            return None
        missing = "limit_runs" if runs is None else "limit_seconds" if seconds is None else ""
        if missing:
            self.add_error(missing, "Give both numbers, or none for no limit.")
            return None
        return {"runs": runs, "seconds": seconds}


@admin.register(Organization)
class OrganizationPageAdmin(OrganizationAdmin):
    """The current organization's names, and its rules for tools."""

    form = OrganizationForm
    list_display = ("name", "slug", "default_assistant", "created_at")
    list_select_related = ("default_assistant",)
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "default_assistant")}),
        ("Tools", {"fields": (
            "tool_review", ("limit_runs", "limit_seconds"), "outbound_allow", "outbound_deny",
        )}),
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the parts of the page; who only reads sees the limit as it is stored."""
        if self.has_change_permission(request, obj):
            return self.fieldsets
        rules = ("tool_review", "tool_rate_limit", "outbound_allow", "outbound_deny")
        return (self.fieldsets[0], ("Tools", {"fields": rules}))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the short name while a new organization is written, and never afterwards."""
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def rows_of(self, rows: QuerySet[Any], organization: Any) -> QuerySet[Any]:
        """Return the organization itself: it belongs to none."""
        return rows.filter(pk=organization.pk)

    def owner_of(self, obj: Organization) -> Organization:
        """Return the organization itself."""
        return obj

    def store(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Save by the service."""
        organizations.save(obj, by=request.user)

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Delete with everything in it."""
        organizations.delete(obj, by=request.user)
