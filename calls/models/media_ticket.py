"""The one-time token in a media socket's path."""

from django.db import models

from voiceassist.organizations.models import OrganizationOwned


class MediaTicket(OrganizationOwned):
    """Opens one media socket of one call, once; only its hash is kept."""

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="media_tickets")
    token_hash = models.CharField(max_length=64, unique=True)
    resumed = models.BooleanField(
        default=False, help_text="A later stream of a call that goes on: no new greeting."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"ticket {self.pk} of call {self.call_id}"
