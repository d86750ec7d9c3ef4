"""The one-time permission to open a media socket."""

from django.db import models

from voiceassist.organizations.models import OrganizationOwned


class MediaTicket(OrganizationOwned):
    """Opens one media socket of one call, once; its token is derived, never stored."""

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="media_tickets")
    resumed = models.BooleanField(
        default=False, help_text="Answered a redirect: an earlier stream of the call ended."
    )
    delivery = models.CharField(
        max_length=100, blank=True, help_text="The delivery of the webhook that it answered."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    broke_by = models.CharField(
        max_length=30, blank=True, help_text="Why its stream ended before the call did."
    )

    class Meta(OrganizationOwned.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"ticket {self.pk} of call {self.call_id}"
