"""What the routes of tools have in common: who asks, which row the address names."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import generics
from rest_framework.exceptions import NotFound

from tools_library.models import Tool
from tools_library.services.counting import with_counts
from voiceassist.assistants.models import Assistant
from voiceassist.organizations.current import organization_of_user
from voiceassist.organizations.models import Organization

_ID_DIGITS = 18  # longer numbers fit no key


class View(generics.GenericAPIView[Any]):
    """Base: the organization is the asker's."""

    @property
    def organization(self) -> Organization:
        """The organization that the asker acts for."""
        return organization_of_user(self.request.user)

    @property
    def describes(self) -> bool:
        """Whether the view is only looked at for the schema, and nobody asks."""
        return bool(getattr(self, "swagger_fake_view", False))

    def assistant(self) -> Assistant:
        """Return the assistant of the address, which names it by id or slug.

        Raises:
            NotFound: the organization has none with this id or slug.
        """
        named = str(self.kwargs["assistant_id"])
        rule = Q(slug=named)
        if named.isascii() and named.isdigit() and len(named) <= _ID_DIGITS:
            rule |= Q(pk=int(named))
        found: Assistant | None = Assistant.objects.of(self.organization).filter(rule).first()
        if found is None:
            raise NotFound(f"{self.organization.name} has no assistant with this id or slug.")
        return found

    def tool(self, rows: QuerySet[Tool] | None = None) -> Tool:
        """Return the tool of the address.

        Args:
            rows: those to look among; None: all of the organization that are not archived.

        Raises:
            NotFound: there is none with this id.
        """
        among = tools_of(self.organization) if rows is None else rows
        found = among.filter(pk=self.kwargs["tool_id"]).first()
        if found is None:
            raise NotFound(f"{self.organization.name} has no tool with this id.")
        return found


def tools_of(organization: Organization) -> QuerySet[Tool]:
    """Return the tools of an organization that are not archived, with their counts."""
    rows: QuerySet[Tool] = Tool.objects.of(organization).filter(archived_at=None)
    return with_counts(rows).select_related("organization")
