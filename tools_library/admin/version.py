"""Versions of tools, to read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from tools_library.models import ToolVersion
from voiceassist.foundation.admin import ReadOnlyAdmin, display, pretty_json


@admin.register(ToolVersion)
class ToolVersionAdmin(ReadOnlyAdmin):
    """What ran, and since when."""

    list_display = ("tool", "version", "name", "side_effect", "created_at", "created_by")
    list_filter = ("tool", "side_effect")
    list_select_related = ("tool", "created_by")
    search_fields = ("name",)
    fields = (
        "tool", "version", "name", "tool_type", "side_effect",
        ("timeout_seconds", "retry_attempts"), "definition", "configured",
        ("created_at", "created_by"),
    )  # fmt: skip

    @display(description="Definition")
    def definition(self, obj: ToolVersion) -> SafeString:
        """Return what the model was told."""
        return pretty_json(obj.function_definition)

    @display(description="Configuration")
    def configured(self, obj: ToolVersion) -> SafeString:
        """Return what ran."""
        return pretty_json(obj.configuration)
