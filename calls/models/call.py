"""One phone call."""

from django.conf import settings
from django.db import models

from calls.choices import CallStatus, Direction, EndedReason
from voiceassist.organizations.models import OrganizationOwned


class Call(OrganizationOwned):
    """A call from its first webhook to its end, on one published version of one assistant."""

    call_sid = models.CharField(
        max_length=64, unique=True, null=True, blank=True, help_text="Null until Twilio names it."
    )
    direction = models.CharField(max_length=10, choices=Direction.choices)
    from_number = models.CharField(max_length=40)
    to_number = models.CharField(max_length=40)
    assistant = models.ForeignKey(
        "assistants.Assistant",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls",
    )
    assistant_version = models.ForeignKey(
        "assistants.AssistantVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    status = models.CharField(max_length=20, choices=CallStatus.choices, default=CallStatus.QUEUED)
    status_sequence = models.IntegerField(
        default=-1, help_text="The highest SequenceNumber taken from Twilio."
    )
    ended_reason = models.CharField(max_length=30, choices=EndedReason.choices, blank=True)
    ended_detail = models.CharField(max_length=300, blank=True)
    last_words = models.TextField(
        blank=True, help_text="Said by the phone company's voice, where the model cannot."
    )
    instruction = models.TextField(blank=True, help_text="Added to the assistant's own.")
    is_simulated = models.BooleanField(
        default=False, help_text="Rung by the built-in simulated phone."
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(help_text="First heard of.")
    answered_at = models.DateTimeField(null=True, blank=True)
    stream_closed_at = models.DateTimeField(
        null=True, blank=True, help_text="A stream closed and the call may go on with another."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True, help_text="From the answer.")
    usage = models.JSONField(default=dict, blank=True, help_text="Tokens, summed over responses.")
    cost = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    metrics = models.JSONField(
        default=dict, blank=True, help_text="Frames, interruptions, latencies."
    )

    class Meta(OrganizationOwned.Meta):
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-started_at", "-id"], name="call_newest"),
            models.Index(fields=["organization", "status"], name="call_by_status"),
        ]

    def __str__(self) -> str:
        other = self.from_number if self.direction == Direction.INBOUND else self.to_number
        return f"{other} ({self.get_direction_display().lower()})"
