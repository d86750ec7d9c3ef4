"""Tools: what an assistant can do; imports assistants, organizations and foundation."""

from django.apps import AppConfig


class ToolsLibraryConfig(AppConfig):
    """Tools, their versions, assignments and executions."""

    name = "tools_library"
    label = "tools_library"
    verbose_name = "Tools"

    def ready(self) -> None:
        """Bring our own tools, show an assistant's on its page, say what uses credentials."""
        from tools_library.admin.assignment import AssistantToolInline
        from tools_library.executors.builtin.registry import register
        from tools_library.executors.builtin.send_email import SEND_EMAIL
        from tools_library.executors.builtin.send_sms import SEND_SMS
        from tools_library.services.callbacks import SENT
        from tools_library.services.credential_users import dependents
        from tools_library.services.sandbox_health import ask_sandbox
        from voiceassist.assistants.admin import AssistantAdmin
        from voiceassist.foundation.health import register as register_check
        from voiceassist.organizations.services.credentials import register_dependents
        from voiceassist.organizations.services.key_rotation import register_encrypted

        if AssistantToolInline not in AssistantAdmin.inlines:
            inlines: tuple[type, ...] = (*AssistantAdmin.inlines, AssistantToolInline)
            AssistantAdmin.inlines = inlines  # type: ignore[assignment]
        register_dependents(dependents)
        register_encrypted(SENT)
        for builtin in (SEND_EMAIL, SEND_SMS):
            register(builtin)
        # Shown, but no reason to take the server out: everything but Python tools still works.
        register_check("sandbox", ask_sandbox, required=False)
