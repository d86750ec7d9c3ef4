"""One answer of the agent, over all its steps and pauses."""

from __future__ import annotations

import uuid

from django.db import models

from voiceassist.conversations.choices import OPEN_RUNS, Phase, RunStatus
from voiceassist.foundation.models.owned import OrganizationOwned


class AgentRun(OrganizationOwned):
    """From a message to the final text; a process that drives its model holds a lease on it."""

    run_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(
        "conversations.Conversation", on_delete=models.CASCADE, related_name="runs"
    )
    assistant_version = models.ForeignKey(
        "assistants.AssistantVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    status = models.CharField(max_length=30, choices=RunStatus.choices, default=RunStatus.RUNNING)
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.MODEL)
    step = models.PositiveSmallIntegerField(default=1)
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="Of this step: above 1 where a process died."
    )
    claimed_by = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    client_tools = models.JSONField(
        default=list, blank=True, help_text="Tools that the client brought for this run."
    )
    context = models.JSONField(
        default=dict, blank=True, help_text="What the client says of its page; the model reads it."
    )
    stop_reason = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    usage = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(status__in=OPEN_RUNS),
                name="one_open_run_per_conversation",
            )
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=models.Q(status__in=OPEN_RUNS),
                name="run_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.run_id)
