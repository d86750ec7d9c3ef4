"""One run of a tool: the row is there before anything happens."""

import uuid

from django.conf import settings
from django.db import models

from tools_library.choices import ExecutionStatus, SideEffect, TriggerContext
from voiceassist.foundation.reading_order import in_reading_order
from voiceassist.organizations.models import OrganizationOwned


class ToolExecution(OrganizationOwned):
    """The columns of document 002's `tool_execution_logs`, and what a worker needs to run it."""

    execution_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(
        "tools_library.Tool",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="executions",
        db_index=False,  # the index `execution_of_tool` begins with it
    )
    tool_name = models.CharField(max_length=100)
    tool_version = models.CharField(max_length=20, blank=True)
    definition = models.ForeignKey(
        "tools_library.ToolVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The version that ran.",
    )
    assistant = models.ForeignKey(
        "assistants.Assistant",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tool_executions",
        db_index=False,  # the index `execution_of_assistant` begins with it
    )
    call = models.ForeignKey(
        "calls.Call",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tool_executions",
    )
    source_kind = models.CharField(max_length=20, blank=True, help_text="Such as call.")
    source_id = models.CharField(max_length=64, blank=True)
    tool_call_id = models.CharField(max_length=100, blank=True, help_text="The model's id.")

    arguments_hash = models.CharField(
        max_length=64, blank=True, help_text="Tells equal calls of one source."
    )
    duplicate_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="duplicates",
        db_index=False,
        help_text="The equal earlier run whose outcome this call gets.",
    )

    input_parameters = models.JSONField(default=dict)
    context = models.JSONField(default=dict, help_text="Names that templates may use.")
    custom_configuration = models.JSONField(default=dict, blank=True)
    output_result = models.JSONField(null=True, blank=True)
    message = models.TextField(blank=True, help_text="What the model and the page see.")
    trace = models.JSONField(null=True, blank=True, help_text="Request and answer, masked.")

    notice = models.TextField(
        blank=True, help_text="Goes to the model with the outcome: staff changed the arguments."
    )
    beyond_review = models.BooleanField(
        default=False, help_text="A test by somebody who may approve what it uses."
    )

    status = models.CharField(
        max_length=20, choices=ExecutionStatus.choices, default=ExecutionStatus.PENDING
    )
    side_effect = models.CharField(
        max_length=20, choices=SideEffect.choices, default=SideEffect.WRITE
    )
    trigger_context = models.CharField(max_length=20, choices=TriggerContext.choices)
    reply_to = models.CharField(
        max_length=150, blank=True, help_text="Channel of the process that waits."
    )
    at_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="Since the call's stream began, when it was asked for."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_async = models.BooleanField(
        default=False, help_text="Its call was answered at once; the outcome comes later."
    )
    queued_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last handed to the workers."
    )
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then its worker is taken to be alive."
    )
    deadline_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True, help_text="Detail for staff, never secrets.")
    uncounted = models.BooleanField(
        default=False, help_text="It ended and is not yet in its tool's execution_count."
    )
    retry_count = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(OrganizationOwned.Meta):
        db_table = "tool_execution_logs"
        verbose_name = "tool run"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source_kind", "source_id", "tool_call_id"],
                condition=~models.Q(tool_call_id=""),
                name="one_run_per_tool_call",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="execution_newest"),
            models.Index(fields=["status", "deadline_at"], name="execution_sweep"),
            models.Index(fields=["started_at"], name="execution_started"),
            models.Index(
                fields=["tool"], condition=models.Q(uncounted=True), name="execution_uncounted"
            ),
            models.Index(
                fields=["completed_at"],
                condition=models.Q(completed_at__isnull=False, uncounted=False),
                name="execution_prune",
            ),
            models.Index(fields=["tool", "-id"], name="execution_of_tool"),
            models.Index(fields=["assistant", "-id"], name="execution_of_assistant"),
            models.Index(
                fields=["source_kind", "source_id", "tool"],
                condition=~models.Q(source_id=""),
                name="execution_of_source",
            ),
            models.Index(
                fields=["duplicate_of"],
                condition=models.Q(duplicate_of__isnull=False),
                name="execution_duplicates",
            ),
        ]

    def __str__(self) -> str:
        return f"{in_reading_order(self.tool_name)} {self.execution_id}"

    @property
    def began(self) -> bool:
        """Whether a worker took it up."""
        return self.lease_until is not None
