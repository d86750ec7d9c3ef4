"""Tools: what an assistant can do; imports assistants, organizations and foundation."""

from django.apps import AppConfig


class ToolsLibraryConfig(AppConfig):
    """Tools, their versions, assignments and executions."""

    name = "tools_library"
    label = "tools_library"
