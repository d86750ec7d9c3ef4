"""An immutable state of a tool; executions name theirs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from tools_library.choices import SideEffect, ToolType
from voiceassist.organizations.models import OrganizationOwned


class ToolVersion(OrganizationOwned):
    """What a run executes; made at each save of the tool that changes what runs."""

    tool = models.ForeignKey(
        "tools_library.Tool", on_delete=models.CASCADE, related_name="versions"
    )
    version = models.CharField(max_length=20, help_text="1.0.0 for the first.")
    name = models.CharField(max_length=100)
    tool_type = models.CharField(max_length=50, choices=ToolType.choices)
    configuration = models.JSONField(default=dict)
    function_definition = models.JSONField(default=dict)
    side_effect = models.CharField(max_length=20, choices=SideEffect.choices)
    behaviour = models.JSONField(default=dict)
    require_confirmation = models.BooleanField(default=False)
    timeout_seconds = models.PositiveIntegerField(null=True, blank=True)
    retry_attempts = models.PositiveSmallIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        db_table = "tool_versions"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "version"], name="tool_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new version.

        Raises:
            TypeError: the version is already stored; it cannot change.
        """
        if self.pk is not None:
            raise TypeError("A tool's version cannot be changed; save the tool to make a new one.")
        super().save(*args, **kwargs)
