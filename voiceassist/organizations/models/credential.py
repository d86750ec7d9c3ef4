"""What tools sign in with elsewhere; kept encrypted, named in templates, never shown again."""

from django.conf import settings
from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned


class Credential(OrganizationOwned):
    """A named secret of one organization; tools write `${NAME}` where its value belongs."""

    name = models.CharField(
        max_length=100,
        help_text="What tools call it, such as SHOP_TOKEN: letters, digits and underscores. "
        "It cannot be changed later.",
    )
    description = models.CharField(
        max_length=200, blank=True, help_text="What it opens, and who can renew it."
    )
    encrypted_value = models.TextField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(help_text="When its value or description last changed.")
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="To the minute; empty: no tool has used it yet."
    )

    class Meta(OrganizationOwned.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="one_credential_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
