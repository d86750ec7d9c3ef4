"""A published, immutable state of an assistant."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from voiceassist.assistants.spec import AssistantSpec
from voiceassist.organizations.models import OrganizationOwned


class AssistantVersion(OrganizationOwned):
    """What calls run on; made by publishing, never changed afterwards."""

    assistant = models.ForeignKey(
        "assistants.Assistant", on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField(help_text="1 for the first publication.")
    configuration = models.JSONField(help_text="An AssistantSpec.")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["assistant", "number"], name="assistant_version_number_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.assistant}, version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new version.

        Raises:
            TypeError: the version is already stored; it cannot change.
        """
        if self.pk is not None:
            raise TypeError("A published version cannot be changed; publish a new one.")
        super().save(*args, **kwargs)

    @property
    def spec(self) -> AssistantSpec:
        """The configuration as a typed object."""
        return AssistantSpec.model_validate(self.configuration)
