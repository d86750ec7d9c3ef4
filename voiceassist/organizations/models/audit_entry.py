"""Who did what that matters: a chain of entries per organization that only grows."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from voiceassist.foundation.models.owned import OrganizationManager, OrganizationOwned

BEFORE_ALL = "0" * 64
"""What stands for the hash before the first entry."""


class ActorKind(models.TextChoices):
    """What kind of somebody did it."""

    USER = "user", "Person"
    API_KEY = "api_key", "API key"
    SYSTEM = "system", "VoiceAssist"


class AuditEntriesStay(TypeError):
    """Entries are neither changed nor deleted: the chain would break."""

    def __init__(self) -> None:
        super().__init__("Audit entries are neither changed nor deleted; record another one.")


class GrowingQuerySet(models.QuerySet[Any]):
    """Rows that may be read and added, and nothing else."""

    def update(self, **changes: Any) -> NoReturn:
        """Refuse."""
        raise AuditEntriesStay

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse."""
        raise AuditEntriesStay

    def delete(self) -> NoReturn:
        """Refuse; only with the whole organization do its entries go."""
        raise AuditEntriesStay


class AuditEntry(OrganizationOwned):
    """One thing that was done; `hash` covers all of it and the hash of the entry before."""

    sequence = models.BigIntegerField(help_text="1, 2, 3 … within the organization.")
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=100)
    object_kind = models.CharField(max_length=50)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=254, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    unscoped: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(GrowingQuerySet)()
    objects: ClassVar[OrganizationManager] = OrganizationManager.from_queryset(GrowingQuerySet)()

    class Meta(OrganizationOwned.Meta):
        ordering = ["-sequence"]
        verbose_name_plural = "audit entries"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "sequence"], name="one_audit_entry_each_place"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "at"], name="audit_by_time"),
            models.Index(fields=["organization", "action", "sequence"], name="audit_by_action"),
            models.Index(
                fields=["organization", "object_kind", "object_id", "sequence"],
                name="audit_by_object",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} · {self.action}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the entry.

        Raises:
            AuditEntriesStay: it has been stored already.
        """
        if not self._state.adding:
            raise AuditEntriesStay
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse.

        Raises:
            AuditEntriesStay: always.
        """
        raise AuditEntriesStay


class AuditHead(OrganizationOwned):
    """Where an organization's chain ends, so that a cut-off end is found."""

    organization = models.OneToOneField(
        "organizations.Organization", on_delete=models.CASCADE, related_name="+"
    )
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=BEFORE_ALL)

    class Meta(OrganizationOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.sequence} entries"
