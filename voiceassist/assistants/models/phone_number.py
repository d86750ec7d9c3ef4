"""A number that rings an assistant."""

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from voiceassist.organizations.models import OrganizationOwned


class PhoneNumber(OrganizationOwned):
    """One number of the organization; at most one assistant answers it."""

    number = PhoneNumberField(unique=True, help_text="With the country: +1 202 555 0100.")
    label = models.CharField(max_length=100, blank=True)
    assistant = models.ForeignKey(
        "assistants.Assistant",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="phone_numbers",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)
