"""Who belongs to which organization, in which role."""

from django.conf import settings
from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned


class Role(models.TextChoices):
    """From least to most; what each may do stands in `organizations.roles`."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    BUILDER = "builder", "Builder"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"


class Membership(OrganizationOwned):
    """A user's role in one organization."""

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["organization", "user"]
        verbose_name = "member"
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_each")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.organization}"
