"""What assistants can look up; imports tools, organizations and foundation."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Collections of documents, and the tool that searches them."""

    name = "voiceassist.knowledge"
    label = "knowledge"
    verbose_name = "Knowledge"

    def ready(self) -> None:
        """Bring the tool that searches."""
        from tools_library.executors.builtin.registry import register
        from voiceassist.knowledge.tool import SEARCH_KNOWLEDGE_BASE

        register(SEARCH_KNOWLEDGE_BASE)
