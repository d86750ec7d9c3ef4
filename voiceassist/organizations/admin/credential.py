"""Credentials: a value is entered and replaced, never shown; imports the service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from unfold.widgets import UnfoldAdminTextareaWidget

from voiceassist.foundation.admin import OrganizationAdmin, display
from voiceassist.organizations.models import Credential
from voiceassist.organizations.services import credentials

_HIDDEN = {"rows": 3, "class": "font-mono", "spellcheck": "false", "autocomplete": "off"}


class WriteOnlyTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """Takes text and never renders any, not even what was typed into a form with an error."""

    def get_context(self, name: str, value: Any, attrs: Any) -> Any:
        """Return the context of an empty field."""
        return super().get_context(name, None, attrs)


class CredentialForm(forms.ModelForm):  # type: ignore[type-arg]
    """A credential's name and description, and a value that only goes in."""

    value = forms.CharField(
        widget=WriteOnlyTextarea(attrs=_HIDDEN),
        help_text="It is stored encrypted and never shown again. Spaces and line ends around it "
        "are dropped.",
    )

    class Meta:
        model = Credential
        fields = ("name", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["value"].required = False
            self.fields["value"].label = "New value"
            self.fields["value"].help_text = "Empty: the value stays. Tools use a new one at once."

    def clean_value(self) -> str:
        """Return the value with the line ends it was copied with; browsers send others."""
        return str(self.cleaned_data["value"]).replace("\r\n", "\n")


@admin.register(Credential)
class CredentialAdmin(OrganizationAdmin):
    """What tools sign in with elsewhere."""

    form = CredentialForm
    list_display = ("name", "description", "used", "changed_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "description")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows without what is encrypted."""
        return super().get_queryset(request).defer("encrypted_value")

    @display(description="Last used", ordering="last_used_at", empty_value="Never")
    def used(self, obj: Credential) -> Any:
        """Return when a tool last used it."""
        return obj.last_used_at

    @display(description="Used by")
    def dependents(self, obj: Credential) -> SafeString | str:
        """Return what names it, one per line."""
        found = credentials.dependents(obj.organization_id, obj.name)
        if not found:
            return "Nothing; it can be deleted."
        lines = format_html_join("", "<li>{} {}</li>", ((each.kind, each.name) for each in found))
        return format_html("<ul>{}</ul>", lines)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for the value where it may be given; show its use where there is any."""
        may_write = self.has_change_permission(request, obj)
        asked = ("name", "value", "description") if may_write else ("name", "description")
        if obj is None:
            return asked
        return (*asked, "dependents", "last_used_at", "changed_at", "created_by", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Lock the name of a credential that exists: tools name it."""
        if obj is None:
            return ()
        return ("name", "dependents", "last_used_at", "changed_at", "created_by", "created_at")

    @method_decorator(sensitive_post_parameters("value"))
    @method_decorator(sensitive_variables())
    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Keep the value out of error reports."""
        return super().changeform_view(request, object_id, form_url, extra_context)

    def store(self, request: HttpRequest, obj: Credential, form: Any) -> None:
        """Make the credential or give it what was entered."""
        value, by = form.cleaned_data["value"], request.user
        if obj.pk is not None:
            credentials.change(obj, value=value or None, description=obj.description, by=by)
            return
        made = credentials.create(obj.organization, obj.name, value, obj.description, by=by)
        obj.pk = made.pk

    def erase(self, request: HttpRequest, obj: Credential) -> None:
        """Forget the credential, where nothing names it."""
        credentials.delete(obj, by=request.user)
