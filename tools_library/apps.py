"""Tools: what an assistant can do; imports assistants, organizations and foundation."""

from django.apps import AppConfig


class ToolsLibraryConfig(AppConfig):
    """Tools, their versions, assignments and executions."""

    name = "tools_library"
    label = "tools_library"
    verbose_name = "Tools"

    def ready(self) -> None:
        """Show an assistant's tools on its admin page; tell which tools use a credential."""
        from tools_library.admin.assignment import AssistantToolInline
        from tools_library.services.secrets import dependents
        from voiceassist.assistants.admin import AssistantAdmin
        from voiceassist.organizations.services.credentials import register_dependents

        if AssistantToolInline not in AssistantAdmin.inlines:
            inlines: tuple[type, ...] = (*AssistantAdmin.inlines, AssistantToolInline)
            AssistantAdmin.inlines = inlines  # type: ignore[assignment]
        register_dependents(dependents)
