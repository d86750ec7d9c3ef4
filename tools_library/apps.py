"""Tools: what an assistant can do; imports assistants, organizations and foundation."""

from django.apps import AppConfig


class ToolsLibraryConfig(AppConfig):
    """Tools, their versions, assignments and executions."""

    name = "tools_library"
    label = "tools_library"
    verbose_name = "Tools"

    def ready(self) -> None:
        """Show the assistant's tools on the assistant's admin page."""
        from tools_library.admin.assignment import AssistantToolInline
        from voiceassist.assistants.admin import AssistantAdmin

        if AssistantToolInline not in AssistantAdmin.inlines:
            inlines: tuple[type, ...] = (*AssistantAdmin.inlines, AssistantToolInline)
            AssistantAdmin.inlines = inlines  # type: ignore[assignment]
