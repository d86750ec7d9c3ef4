"""Collections in the admin: their documents, and trying a search; imports the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from voiceassist.foundation.admin import OrganizationAdmin, action, display
from voiceassist.knowledge.admin import searching, states
from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services import collections

_SHOWN = 100


@admin.register(KnowledgeCollection)
class CollectionAdmin(OrganizationAdmin):
    """What assistants look things up in."""

    list_display = ("name", "slug", "language", "documents_in_it", "is_active", "updated_at")
    list_filter = ("language", "is_active")
    search_fields = ("name", "description")
    readonly_fields = ("documents_listed",)
    actions_detail = ("try_search",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the documents."""
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(document_count=Count("documents"))
        return counted

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the documents once there may be some."""
        own = ("name", "slug", "description", "language", "is_active")
        if obj is None:
            return ((None, {"fields": own}),)
        return ((None, {"fields": own}), ("Documents", {"fields": ("documents_listed",)}))

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Let the short name be made of the name."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "slug" in form.base_fields:
            form.base_fields["slug"].required = obj is not None
            form.base_fields["slug"].label = "Short name"
        return form

    @display(description="Documents", ordering="document_count")
    def documents_in_it(self, obj: Any) -> int:
        """Return how many there are."""
        return int(obj.document_count)

    @display(description="Documents")
    def documents_listed(self, obj: Any) -> SafeString:
        """Return the first ones with links, where the others are, and a link to add another."""
        rows = KnowledgeDocument.objects.of(obj.organization_id).filter(collection=obj)
        lines = [(states.line(row),) for row in rows.order_by("title", "pk")[:_SHOWN]]
        links = [(f"{_address('add')}?collection={obj.pk}", "Add a document")]
        if obj.document_count > _SHOWN:
            every = f"{_address('changelist')}?collection__id__exact={obj.pk}"
            links.append((every, f"All {obj.document_count:,} documents"))
        more = format_html_join(" · ", '<a class="va-link" href="{}">{}</a>', links)
        return format_html("{}<p>{}</p>", format_html_join("", "<p>{}</p>", lines), more)

    def store(self, request: HttpRequest, obj: KnowledgeCollection, form: Any) -> None:
        """Save by the service."""
        collections.save(obj)

    def erase(self, request: HttpRequest, obj: KnowledgeCollection) -> None:
        """Delete it with its documents."""
        collections.delete(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """List the collections alone: of their parts there may be thousands."""
        named = [f"{obj} with all its documents" for obj in objs]
        return named, {"collections": len(named)}, set(), []

    def has_search_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the person may look things up."""
        return bool(request.user.has_perm("knowledge.read"))

    @action(description="Try a search", url_path="search", permissions=["search"], icon="search")
    def try_search(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the page that asks the collection a question."""
        collection = self.get_object(request, object_id)
        if collection is None:
            raise Http404("There is no such collection.")
        return searching.page(request, collection, self.admin_site.each_context(request))


def _address(page: str) -> str:
    return reverse(f"admin:knowledge_knowledgedocument_{page}")
