"""Putting a call through to somebody else."""

from django.conf import settings
from django.db import models

from calls.choices import TransferStatus
from voiceassist.organizations.models import OrganizationOwned


class Transfer(OrganizationOwned):
    """One attempt to put a caller through, from the wish to what became of it."""

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="transfers")
    to_number = models.CharField(max_length=40)
    name = models.CharField(max_length=100, blank=True, help_text="As it was asked for.")
    tool_call_id = models.CharField(
        max_length=100, blank=True, help_text="The model's call of transferCall; empty for staff."
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(
        max_length=20, choices=TransferStatus.choices, default=TransferStatus.ASKED
    )
    created_at = models.DateTimeField(auto_now_add=True)
    dialled_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name or self.to_number} ({self.get_status_display().lower()})"
