"""The organization's own page; imports its service."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from voiceassist.foundation.admin import OrganizationAdmin
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import organizations


@admin.register(Organization)
class OrganizationPageAdmin(OrganizationAdmin):
    """Name, short name and default assistant of the current organization."""

    list_display = ("name", "slug", "default_assistant", "created_at")
    list_select_related = ("default_assistant",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "default_assistant")

    def rows_of(self, rows: QuerySet[Any], organization: Any) -> QuerySet[Any]:
        """Return the organization itself: it belongs to none."""
        return rows.filter(pk=organization.pk)

    def owner_of(self, obj: Organization) -> Organization:
        """Return the organization itself."""
        return obj

    def store(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Save by the service."""
        organizations.save(obj)

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Delete with everything in it."""
        organizations.delete(obj)
