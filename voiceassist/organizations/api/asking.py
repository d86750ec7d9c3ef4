"""The base of REST views whose rows are those of the asker's organization."""

from __future__ import annotations

from typing import Any

from rest_framework import generics

from voiceassist.organizations.current import organization_of_user
from voiceassist.organizations.models import Organization


class OrganizationView(generics.GenericAPIView[Any]):
    """Base: the organization is the asker's."""

    @property
    def organization(self) -> Organization:
        """The organization that the asker acts for."""
        return organization_of_user(self.request.user)

    @property
    def describes(self) -> bool:
        """Whether the view is only looked at for the schema, and nobody asks."""
        return bool(getattr(self, "swagger_fake_view", False))
