"""The base of every model that belongs to an organization."""

from __future__ import annotations

from typing import Any

from django.db import models


class OrganizationManager(models.Manager[Any]):
    """Gives rows of one organization only: `Model.objects.of(organization)`.

    Everything else of a manager is refused, so that no query forgets whose rows it reads.
    `Model.unscoped` is the plain manager, for work that is not done on anybody's behalf.
    """

    def of(self, organization: models.Model | int) -> models.QuerySet[Any]:
        """Return the rows of `organization` (an Organization or its id)."""
        return super().get_queryset().filter(organization=organization)

    def none(self) -> models.QuerySet[Any]:
        """Return no rows; what describes the API asks for that."""
        return super().get_queryset().none()

    def get_queryset(self) -> models.QuerySet[Any]:
        """Refuse: a query must name its organization.

        Raises:
            TypeError: always.
        """
        raise TypeError("Name the organization: objects.of(organization), or use unscoped.")


class OrganizationOwned(models.Model):
    """A row of one organization."""

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="+"
    )

    unscoped = models.Manager()
    objects = OrganizationManager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
