"""Text messages of SMS conversations, as they came in and as they go out."""

from __future__ import annotations

from django.db import models

from voiceassist.conversations.choices import IncomingStatus, OutgoingStatus
from voiceassist.foundation.models.owned import OrganizationOwned


class IncomingText(OrganizationOwned):
    """A message of the other side; one that is delivered again is this one."""

    conversation = models.ForeignKey(
        "conversations.Conversation",
        on_delete=models.CASCADE,
        related_name="incoming_texts",
        db_index=False,
    )
    sid = models.CharField(max_length=64, help_text="Twilio's id.")
    text = models.TextField(blank=True)
    status = models.CharField(
        max_length=10, choices=IncomingStatus.choices, default=IncomingStatus.WAITING
    )
    reply = models.TextField(blank=True, help_text="What it was answered at once.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "sid"], name="incoming_text_once")
        ]
        indexes = [
            models.Index(
                fields=["conversation"],
                condition=models.Q(status=IncomingStatus.WAITING),
                name="incoming_text_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class OutgoingText(OrganizationOwned):
    """A message of up to 1,600 characters to the other side; sent at most once."""

    conversation = models.ForeignKey(
        "conversations.Conversation", on_delete=models.CASCADE, related_name="outgoing_texts"
    )
    run = models.ForeignKey(
        "conversations.AgentRun", on_delete=models.CASCADE, related_name="outgoing_texts"
    )
    told_up_to = models.PositiveIntegerField(
        null=True, blank=True, help_text="Position of the newest message in it."
    )
    text = models.TextField()
    asks = models.JSONField(
        default=list, blank=True, help_text="Ids of the approvals that it asks about."
    )
    status = models.CharField(
        max_length=10, choices=OutgoingStatus.choices, default=OutgoingStatus.DUE
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(help_text="While it is being sent: since when.")
    sid = models.CharField(max_length=64, blank=True, help_text="Twilio's id.")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status__in=(OutgoingStatus.DUE, OutgoingStatus.SENDING)),
                name="outgoing_text_unsent",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]
