"""What the routes of tools have in common: who asks, which row the address names."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from tools_library.models import Tool
from tools_library.services.counting import with_counts
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services.finding import find
from voiceassist.organizations.api.asking import OrganizationView
from voiceassist.organizations.models import Organization

Row = TypeVar("Row", bound=Model)


class View(OrganizationView):
    """Base: the organization is the asker's."""

    def assistant(self) -> Assistant:
        """Return the assistant of the address, which names it by id or slug.

        Raises:
            NotFound: the organization has none with this id or slug.
        """
        found = find(self.organization, str(self.kwargs["assistant_id"]))
        if found is None:
            raise NotFound(f"{self.organization.name} has no assistant with this id or slug.")
        return found

    def body(self, shape: type[serializers.Serializer[Any]] | None = None) -> dict[str, Any]:
        """Return what was sent.

        Args:
            shape: None: the view's own.

        Raises:
            ValidationError: by field.
        """
        sent = (shape or self.get_serializer_class())(data=self.request.data)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)

    def tool(self, rows: QuerySet[Tool] | None = None) -> Tool:
        """Return the tool of the address.

        Args:
            rows: those to look among; None: all of the organization that are not archived.

        Raises:
            NotFound: there is none with this id.
        """
        among = tools_of(self.organization) if rows is None else rows
        return self.one(among, "tool_id", "tool")

    def one(self, rows: QuerySet[Row], key: str, called: str) -> Row:
        """Return the row of the address.

        Args:
            rows: those of the organization to look among.
            key: which part of the address holds its id.
            called: what it is, for the sentence.

        Raises:
            NotFound: there is none with this id.
        """
        found = rows.filter(pk=self.kwargs[key]).first()
        if found is None:
            raise NotFound(f"{self.organization.name} has no {called} with this id.")
        return found


def tools_of(organization: Organization) -> QuerySet[Tool]:
    """Return the tools of an organization that are not archived, with their counts."""
    rows: QuerySet[Tool] = Tool.objects.of(organization).filter(archived_at=None)
    return with_counts(rows).select_related("organization")
