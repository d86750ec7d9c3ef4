"""Questions about runs, grants for later runs, and reviews of versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tools_library.approvals.choices import ApprovalStatus, Policy, Remember, ReviewStatus
from voiceassist.organizations.models import OrganizationOwned, Role


class Approval(OrganizationOwned):
    """A question about one run, and its one answer."""

    execution = models.OneToOneField(
        "tools_library.ToolExecution", on_delete=models.CASCADE, related_name="approval"
    )
    tool = models.ForeignKey(
        "tools_library.Tool", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    tool_name = models.CharField(max_length=100)
    policy = models.CharField(max_length=10, choices=Policy.choices)
    status = models.CharField(
        max_length=10, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING
    )
    trigger_context = models.CharField(max_length=20)
    source_kind = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=64, blank=True)
    arguments = models.JSONField(default=dict, help_text="As they were asked for.")
    arguments_hash = models.CharField(max_length=64)
    schema_hash = models.CharField(max_length=64)
    edited_arguments = models.JSONField(null=True, blank=True, help_text="As they ran.")
    changes = models.JSONField(default=list, blank=True, help_text="Path, before, after.")

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The person behind the run, where there is one.",
    )
    least_role = models.CharField(
        max_length=20,
        choices=Role.choices,
        default=Role.OPERATOR,
        help_text="Of staff whose yes counts.",
    )
    four_eyes = models.BooleanField(
        default=False, help_text="Somebody else than who asked must say yes."
    )
    sent_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose inbox it is in; empty: that of everybody who may answer.",
    )
    asked_at = models.DateTimeField()
    heard_at = models.DateTimeField(
        null=True, blank=True, help_text="When the caller had heard the question to its end."
    )
    expires_at = models.DateTimeField()
    escalate_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=254, blank=True)
    reason = models.TextField(blank=True)
    remember = models.CharField(
        max_length=15, choices=Remember.choices, default=Remember.ONCE, blank=True
    )

    class Meta(OrganizationOwned.Meta):
        db_table = "tool_approvals"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "tool", "arguments_hash"],
                condition=models.Q(status="pending", policy="confirm") & ~models.Q(source_id=""),
                name="one_open_confirmation",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "status", "-id"], name="approval_listed"),
            models.Index(
                fields=["expires_at"], condition=models.Q(status="pending"), name="approval_open"
            ),
            models.Index(
                fields=["decided_at"], condition=models.Q(status="approved"), name="approval_yes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool_name}: {self.get_status_display().lower()}"


class ApprovalGrant(OrganizationOwned):
    """A yes that holds for later runs of a tool, until it is revoked or the schema changes."""

    tool = models.ForeignKey(
        "tools_library.Tool", on_delete=models.CASCADE, related_name="approval_grants"
    )
    tool_name = models.CharField(max_length=100)
    policy = models.CharField(max_length=10, choices=Policy.choices)
    scope = models.CharField(
        max_length=15,
        choices=[choice for choice in Remember.choices if choice[0] != Remember.ONCE],
    )
    source_kind = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=64, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose own conversations it holds for; empty: everybody's.",
    )
    least_role = models.CharField(
        max_length=20,
        choices=Role.choices,
        default=Role.OPERATOR,
        help_text="Whose yes it is, where staff gave it.",
    )
    schema_hash = models.CharField(max_length=64)
    arguments = models.JSONField(null=True, blank=True, help_text="Only these; empty: any.")
    arguments_hash = models.CharField(max_length=64, blank=True)
    approval = models.ForeignKey(
        Approval, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta(OrganizationOwned.Meta):
        db_table = "tool_approval_grants"
        verbose_name = "standing approval"
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["tool", "policy"],
                condition=models.Q(revoked_at__isnull=True),
                name="grant_valid",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tool_name}: {self.get_scope_display().lower()}"


class ToolReview(OrganizationOwned):
    """Whether one version, as one configuration makes of it, may be used."""

    version = models.ForeignKey(
        "tools_library.ToolVersion", on_delete=models.CASCADE, related_name="reviews"
    )
    configuration = models.JSONField(
        default=dict, help_text="The version's, with the assistant's own merged in."
    )
    configuration_hash = models.CharField(max_length=64)
    status = models.CharField(
        max_length=10, choices=ReviewStatus.choices, default=ReviewStatus.PENDING
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_by_name = models.CharField(max_length=254, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=254, blank=True)
    reason = models.TextField(blank=True)

    class Meta(OrganizationOwned.Meta):
        db_table = "tool_reviews"
        verbose_name = "review"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "configuration_hash"], name="one_review_each"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "status", "-id"], name="review_listed"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_status_display().lower()}"
