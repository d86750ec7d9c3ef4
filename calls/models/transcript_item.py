"""What one side said, in conversation order."""

from django.db import models

from calls.choices import ItemStatus, Role
from voiceassist.organizations.models import OrganizationOwned


class TranscriptItem(OrganizationOwned):
    """One utterance: what was generated or understood, and what of it was heard."""

    call = models.ForeignKey(
        "calls.Call", on_delete=models.CASCADE, related_name="transcript_items"
    )
    item_id = models.CharField(max_length=100, help_text="The model's id of the item.")
    position = models.BigIntegerField(help_text="Conversation order, not order of arrival.")
    role = models.CharField(max_length=10, choices=Role.choices)
    text = models.TextField(blank=True, help_text="What was said or, by the assistant, generated.")
    heard_text = models.TextField(blank=True, help_text="What of it was played to the caller.")
    status = models.CharField(
        max_length=20, choices=ItemStatus.choices, default=ItemStatus.IN_PROGRESS
    )
    at_ms = models.PositiveIntegerField(help_text="Since the stream began, when it started.")
    generated_ms = models.PositiveIntegerField(default=0, help_text="Audio sent to the phone.")
    heard_ms = models.PositiveIntegerField(default=0, help_text="Audio played to the caller.")
    latency_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="End of the caller's speech to the first audio."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["call", "item_id"], name="transcript_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.text[:60]}"
