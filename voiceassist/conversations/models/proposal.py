"""A tool call that the model proposed, and its one result."""

from __future__ import annotations

from django.db import models

from voiceassist.conversations.choices import OPEN_PROPOSALS, ProposalStatus, RunsAt
from voiceassist.foundation.models.owned import OrganizationOwned


class ToolProposal(OrganizationOwned):
    """How it runs is in its `execution`; what the model is told is `output`."""

    conversation = models.ForeignKey(
        "conversations.Conversation", on_delete=models.CASCADE, related_name="proposals"
    )
    run = models.ForeignKey(
        "conversations.AgentRun", on_delete=models.CASCADE, related_name="proposals"
    )
    message = models.ForeignKey(
        "conversations.Message", on_delete=models.CASCADE, related_name="proposals"
    )
    execution = models.OneToOneField(
        "tools_library.ToolExecution",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposal",
    )
    step = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(help_text="Within its step.")
    tool_call_id = models.CharField(max_length=100)
    tool_name = models.CharField(max_length=100)
    runs_at = models.CharField(max_length=10, choices=RunsAt.choices, default=RunsAt.WORKER)
    arguments = models.TextField(help_text="The model's own JSON text.")
    status = models.CharField(
        max_length=20, choices=ProposalStatus.choices, default=ProposalStatus.PROPOSED
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=64, blank=True, help_text="The tab that runs it.")
    claim_until = models.DateTimeField(null=True, blank=True)
    answer_hash = models.CharField(max_length=64, blank=True)
    answered_by_name = models.CharField(max_length=254, blank=True)
    output = models.TextField(blank=True, help_text="What the model is told.")
    is_error = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["run_id", "step", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "tool_call_id"], name="one_proposal_per_tool_call"
            )
        ]
        indexes = [
            models.Index(
                fields=["run"],
                condition=models.Q(status__in=OPEN_PROPOSALS),
                name="proposal_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tool_name} {self.tool_call_id}"

    @property
    def is_open(self) -> bool:
        """Whether its result is still to come."""
        return self.status in OPEN_PROPOSALS
