"""The audit, to read: who did what, newest first; imports the models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from voiceassist.foundation.admin import ReadOnlyAdmin, display, pretty_json
from voiceassist.organizations.models import AuditEntry


class ObjectKindFilter(admin.SimpleListFilter):
    """Narrows to one kind of thing that was acted on."""

    title = "what"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the kinds that this person's entries are about."""
        kinds = model_admin.get_queryset(request).order_by("object_kind")
        found = kinds.values_list("object_kind", flat=True).distinct()
        return [(kind, kind.replace("_", " ").capitalize()) for kind in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the entries about the chosen kind."""
        return queryset.filter(object_kind=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Entries that follow each other; `manage.py verify_audit` proves that none was touched."""

    list_display = ("action", "object_name", "who", "at", "sequence")
    list_filter = (ObjectKindFilter, "actor_kind")
    search_fields = ("action", "object_name", "actor_name")
    date_hierarchy = "at"
    ordering = ("-sequence", "-pk")
    fieldsets = (
        (None, {"fields": (
            "action", "who", "at", ("object_kind", "object_name", "object_id"), "details",
        )}),
        ("Its place in the chain", {"fields": ("sequence", "previous_hash", "hash")}),
    )  # fmt: skip

    @display(description="Who", ordering="actor_name")
    def who(self, obj: AuditEntry) -> str:
        """Return the person or key, or that the platform did it by itself."""
        return obj.actor_name or str(obj.get_actor_kind_display())

    @display(description="Details")
    def details(self, obj: AuditEntry) -> SafeString:
        """Return what is known beyond names."""
        return pretty_json(obj.data)
