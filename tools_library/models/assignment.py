"""Which assistant may use which tool, and how."""

from django.db import models

from voiceassist.organizations.models import OrganizationOwned


class AssistantTool(OrganizationOwned):
    """The columns of document 002's `assistant_tools`."""

    assistant = models.ForeignKey(
        "assistants.Assistant", on_delete=models.CASCADE, related_name="assistant_tools"
    )
    tool = models.ForeignKey(
        "tools_library.Tool", on_delete=models.CASCADE, related_name="assistant_tools"
    )
    enabled = models.BooleanField(default=True)
    custom_configuration = models.JSONField(
        default=dict, blank=True, help_text="Merged over the tool's own configuration."
    )
    execution_order = models.IntegerField(default=0)
    pinned_version = models.ForeignKey(
        "tools_library.ToolVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the newest.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrganizationOwned.Meta):
        db_table = "assistant_tools"
        ordering = ["execution_order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["assistant", "tool"], name="tool_assigned_once")
        ]

    def __str__(self) -> str:
        return f"{self.tool} for {self.assistant}"
