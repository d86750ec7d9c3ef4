"""What assistants can look up; imports tools, organizations and foundation."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Collections of documents, and the tool that searches them."""

    name = "voiceassist.knowledge"
    label = "knowledge"
    verbose_name = "Knowledge"
