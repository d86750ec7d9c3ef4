"""The room of text conversations."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """Conversations, their agent and its doors."""

    name = "voiceassist.conversations"
    label = "conversations"

    def ready(self) -> None:
        """Hear how tool runs of conversations go on, and begin the steps that are due."""
        from tools_library.services import watching
        from voiceassist.conversations.services import due, settling
        from voiceassist.conversations.services.driving import driver

        watching.register("conversation", settling.on_run)
        due.register(driver)
