"""The assistant's tools, on the assistant's page; imports the service."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest

from tools_library.admin.fields import PrettyJSONField
from tools_library.models import AssistantTool, Tool
from tools_library.services import assignments
from voiceassist.foundation.admin import OrganizationTabularInline


class AssistantToolInline(OrganizationTabularInline):
    """Which tools the assistant may use, in which order."""

    model = AssistantTool
    fields = ("tool", "enabled", "execution_order", "custom_configuration")
    verbose_name = "tool"
    verbose_name_plural = "Tools"
    tab = True
    formfield_overrides: ClassVar[dict[Any, Any]] = {}

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the tools that are in use."""
        if db_field.name == "tool":
            kwargs["queryset"] = Tool.unscoped.filter(archived_at__isnull=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Show the own configuration as indented JSON; empty means none."""
        if db_field.name == "custom_configuration":
            return PrettyJSONField(
                label="Own configuration",
                help_text="Merged over the tool's. Empty: as the tool says.",
                rows=2,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def store(self, request: HttpRequest, obj: AssistantTool) -> None:
        """Save by the service."""
        assignments.configure(
            obj, by=request.user, custom_configuration=obj.custom_configuration or {}
        )

    def erase(self, request: HttpRequest, obj: AssistantTool) -> None:
        """Take the tool from the assistant."""
        assignments.unassign(obj.assistant, obj.tool)
