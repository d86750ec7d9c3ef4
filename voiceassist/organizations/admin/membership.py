"""Members: added by e-mail, with a link to set the first password; imports the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from voiceassist.foundation.admin import OrganizationAdmin, action, display
from voiceassist.organizations.current import role_in_current
from voiceassist.organizations.models import Membership, Role
from voiceassist.organizations.services import invitations, members

_TONES = {"Owner": "success", "Admin": "info"}


class NewMemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person's address, name and role."""

    email = forms.EmailField(
        label="E-mail",
        widget=UnfoldAdminEmailInputWidget,
        help_text="Whoever has no account yet gets one and sets the password by a link.",
    )
    name = forms.CharField(max_length=150, required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Membership
        fields = ("role",)


@admin.register(Membership)
class MembershipAdmin(OrganizationAdmin):
    """Who belongs to the organization, and in which role."""

    list_display = ("person", "email", "role_label", "created_at")
    list_filter = ("role",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    ordering = ("user__email",)
    actions_submit_line = ("send_link",)

    @display(description="Name", ordering="user__name")
    def person(self, obj: Membership) -> str:
        """Return the member's name."""
        return str(obj.user)

    @display(description="E-mail", ordering="user__email")
    def email(self, obj: Membership) -> str:
        """Return the member's address."""
        return str(obj.user.email)

    @display(description="Role", ordering="role", label=_TONES)
    def role_label(self, obj: Membership) -> str:
        """Return the role as a label."""
        return str(obj.get_role_display())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for the person only when they are added."""
        return ("email", "name", "role") if obj is None else ("person", "email", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show who the member is; another person is another membership."""
        return () if obj is None else ("person", "email")

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with the person's fields when a member is added."""
        if obj is None:
            kwargs["form"] = NewMemberForm
            kwargs["fields"] = ("role",)
        return super().get_form(request, obj, change=change, **kwargs)

    def store(self, request: HttpRequest, obj: Membership, form: Any) -> None:
        """Add the member or change the role."""
        role = _role_of(request)
        if obj.pk is not None:
            members.change_role(obj, obj.role, by_role=role, by=request.user)
            return
        given = form.cleaned_data
        made = members.add(
            obj.organization,
            given["email"],
            obj.role,
            name=given["name"],
            by_role=role,
            by=request.user,
        )
        obj.pk, obj.user = made.pk, made.user
        if not made.user.has_usable_password():
            self._show_link(request, obj)

    def erase(self, request: HttpRequest, obj: Membership) -> None:
        """End the membership."""
        members.remove(obj, by_role=_role_of(request), by=request.user)

    @action(description="Make a password link", permissions=["change"])
    def send_link(self, request: HttpRequest, obj: Membership) -> None:
        """Show a link by which the member sets a new password."""
        self._show_link(request, obj)

    def _show_link(self, request: HttpRequest, obj: Membership) -> None:
        link = invitations.password_link(obj.user)
        text = "Send {} this link to set a password. It works once, for three days: {}"
        messages.info(request, format_html(text, obj.user.email, link))


def _role_of(request: HttpRequest) -> Role | None:
    return role_in_current(request.user)
