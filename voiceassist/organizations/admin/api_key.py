"""API keys: made here, shown once, revoked here; imports the service."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from voiceassist.foundation.admin import OrganizationAdmin, action, display
from voiceassist.organizations.models import ApiKey
from voiceassist.organizations.services import api_keys

_TONES = {"Active": "success", "Expired": "warning", "Revoked": "danger"}


@admin.register(ApiKey)
class ApiKeyAdmin(OrganizationAdmin):
    """Keys of programs; the row never holds the key itself."""

    list_display = ("name", "prefix", "role", "state", "last_used_at", "created_at")
    list_filter = ("role",)
    search_fields = ("name", "prefix")
    actions_submit_line = ("revoke",)

    @display(description="State", label=_TONES)
    def state(self, obj: ApiKey) -> str:
        """Return whether the key still opens anything."""
        if obj.revoked_at is not None:
            return "Revoked"
        ended = obj.expires_at is not None and obj.expires_at <= timezone.now()
        return "Expired" if ended else "Active"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for name, role and end; a key that exists is shown, not edited."""
        if obj is None:
            return ("name", "role", "expires_at")
        shown = ("prefix", "role", "state", "expires_at", "last_used_at", "created_by")
        return ("name", *shown, "created_at", "revoked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Lock a key that exists: programs rely on what it was made for."""
        return () if obj is None else self.get_fields(request, obj)

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Leave out the save buttons where there is nothing to save."""
        extra = dict(extra_context or {})
        if object_id:
            extra |= {"show_save": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, extra)

    def store(self, request: HttpRequest, obj: ApiKey, form: Any) -> None:
        """Make the key; one that exists has nothing to save."""
        if obj.pk is not None:
            return
        made, secret = api_keys.create(
            obj.organization, obj.name, obj.role, expires_at=obj.expires_at, by=request.user
        )
        obj.pk, obj.prefix, obj.secret = made.pk, made.prefix, secret

    def erase(self, request: HttpRequest, obj: ApiKey) -> None:
        """Revoke and forget the key."""
        api_keys.delete(obj, by=request.user)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Show the key, this once; no redirect, so that it is stored nowhere on the way."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Copy the new key",
            "key": obj,
            "secret": obj.secret,
        }
        page: HttpResponse = TemplateResponse(
            request, "admin/organizations/apikey/made.html", context
        )
        return page

    @action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, obj: ApiKey) -> None:
        """Make the key useless from now on."""
        api_keys.revoke(obj, by=request.user)
        messages.success(request, f"{obj.name} is revoked: programs that use it are refused now.")
