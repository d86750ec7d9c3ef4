"""A tool of the organization, shared by its assistants."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tools_library.choices import SideEffect, ToolType
from voiceassist.organizations.models import OrganizationOwned


class Tool(OrganizationOwned):
    """The columns of document 002's `tools`; runs use its current ToolVersion."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=100, help_text="What the model calls: lookup_order.")
    display_name = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="Tells the model when to use it.")
    tool_type = models.CharField(max_length=50, choices=ToolType.choices)
    configuration = models.JSONField(default=dict)
    function_definition = models.JSONField(default=dict)
    side_effect = models.CharField(
        max_length=20, choices=SideEffect.choices, default=SideEffect.WRITE
    )
    behaviour = models.JSONField(
        default=dict, blank=True, help_text="Fixed parameters, spoken messages, limits and so on."
    )
    is_active = models.BooleanField(default=True)
    require_confirmation = models.BooleanField(default=False)
    allowed_contexts = models.JSONField(default=list, blank=True, help_text="Empty: all.")
    timeout_seconds = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(86_400)]
    )
    retry_attempts = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(10)]
    )
    execution_count = models.PositiveIntegerField(default=0, editable=False)
    last_executed_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.CharField(max_length=20, default="1.0.0")
    is_public = models.BooleanField(default=False)
    is_template = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrganizationOwned.Meta):
        db_table = "tools"
        ordering = ["display_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(archived_at__isnull=True),
                name="tool_name_unique_in_organization",
            )
        ]
        indexes = [
            models.Index(fields=["tool_type"], name="tools_tool_type"),
            models.Index(fields=["is_public"], name="tools_is_public"),
            models.Index(fields=["is_template"], name="tools_is_template"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name
