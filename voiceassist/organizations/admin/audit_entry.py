"""The audit, to read: who did what, newest first; imports the models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voiceassist.foundation.admin import ReadOnlyAdmin, action, display, pretty_json
from voiceassist.organizations.current import Actor, role_in_current
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

    list_display = ("action", "what", "who", "at", "sequence")
    list_filter = (ObjectKindFilter, "actor_kind")
    search_fields = ("action", "object_name", "actor_name")
    date_hierarchy = "at"
    ordering = ("-sequence", "-pk")
    actions_list = ("download",)
    fieldsets = (
        (None, {"fields": ("action", "who", "at", "what", "object_id", "details")}),
        ("Its place in the chain", {"fields": ("sequence", "hash_before", "own_hash")}),
    )

    @action(description="Download all entries", icon="download", permissions=["download"])
    def download(self, request: HttpRequest) -> HttpResponse:
        """Lead to the whole chain as a file."""
        return HttpResponseRedirect(f"{reverse('api-audit')}?format=jsonl")

    def has_download_permission(self, request: HttpRequest) -> bool:
        """Return whether there is one chain: who belongs nowhere sees those of all."""
        return role_in_current(cast(Actor, request.user)) is not None

    @display(description="What", ordering="object_name")
    def what(self, obj: AuditEntry) -> str:
        """Return what it was done to."""
        return f"{obj.object_kind.replace('_', ' ')} {obj.object_name}".strip()

    @display(description="Who", ordering="actor_name")
    def who(self, obj: AuditEntry) -> str:
        """Return the person or key, or that the platform did it by itself."""
        return obj.actor_name or str(obj.get_actor_kind_display())

    @display(description="Details")
    def details(self, obj: AuditEntry) -> SafeString:
        """Return what is known beyond names."""
        return pretty_json(obj.data)

    @display(description="Hash of the entry before")
    def hash_before(self, obj: AuditEntry) -> SafeString:
        """Return the hash that this entry follows, breakable on narrow pages."""
        return _code(obj.previous_hash)

    @display(description="Hash")
    def own_hash(self, obj: AuditEntry) -> SafeString:
        """Return the hash over this entry."""
        return _code(obj.hash)


def _code(text: str) -> SafeString:
    return format_html('<pre class="va-code">{}</pre>', text)
