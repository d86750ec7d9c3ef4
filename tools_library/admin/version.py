"""Versions of tools, to read: what changed since the one before, and the whole."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from tools_library.admin.forms import ToolForm
from tools_library.models import ToolVersion
from voiceassist.assistants.admin.version import change_block
from voiceassist.assistants.changes import changes
from voiceassist.foundation.admin import ReadOnlyAdmin, display, pretty_json

_SAID_THERE = ("name", "side_effect", "timeout_seconds", "retry_attempts")
_COMPARED = (
    "name", "side_effect", "timeout_seconds", "retry_attempts", "require_confirmation",
    "function_definition", "configuration", "behaviour",
)  # fmt: skip


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Nothing to fill in; says of the columns what the tool's form says."""

    class Meta:
        model = ToolVersion
        fields = ()
        labels: ClassVar[dict[str, str]] = {
            **{name: ToolForm.Meta.labels[name] for name in _SAID_THERE},
            "tool_type": "Kind",
            "require_confirmation": "Somebody is asked before it runs",
        }


@admin.register(ToolVersion)
class ToolVersionAdmin(ReadOnlyAdmin):
    """What ran, and since when."""

    form = VersionForm
    list_display = ("tool", "version", "name", "does", "created_at", "created_by")
    list_filter = ("tool", "side_effect")
    list_select_related = ("tool", "created_by")
    search_fields = ("name",)
    fields = (
        "tool", "version", ("created_at", "created_by"), "changed", "name", "tool_type",
        "side_effect", ("timeout_seconds", "retry_attempts"), "require_confirmation",
        "definition", "configured", "behaves",
    )  # fmt: skip

    @display(description="A run", ordering="side_effect")
    def does(self, obj: ToolVersion) -> str:
        """Return what a run does."""
        return str(obj.get_side_effect_display())

    @display(description="Changed since the version before")
    def changed(self, obj: ToolVersion) -> SafeString:
        """Return the differences to the version before, field by field."""
        rows = ToolVersion.objects.of(obj.organization_id).filter(tool_id=obj.tool_id)
        previous = rows.filter(pk__lt=obj.pk).first()
        if previous is None:
            return SafeString("This is the first version.")
        found = changes(_compared(previous), _compared(obj))
        return format_html_join("", "{}", ((change_block(change),) for change in found))

    @display(description="Definition")
    def definition(self, obj: ToolVersion) -> SafeString:
        """Return what the model was told."""
        return pretty_json(obj.function_definition)

    @display(description="Configuration")
    def configured(self, obj: ToolVersion) -> SafeString:
        """Return what ran."""
        return pretty_json(obj.configuration)

    @display(description="Behaviour")
    def behaves(self, obj: ToolVersion) -> SafeString:
        """Return how it behaved around its runs."""
        return pretty_json(obj.behaviour)


def _compared(version: ToolVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in _COMPARED}
