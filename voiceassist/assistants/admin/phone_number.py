"""Phone numbers, on their own page and on their assistant's; imports the service."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from voiceassist.assistants.models import PhoneNumber
from voiceassist.assistants.services import numbers
from voiceassist.foundation.admin import OrganizationAdmin, OrganizationTabularInline


class PhoneNumberInline(OrganizationTabularInline):
    """The numbers that ring this assistant."""

    model = PhoneNumber
    fields = ("number", "label")
    verbose_name_plural = "Phone numbers"
    tab = True

    def store(self, request: HttpRequest, obj: Any) -> None:
        """Save by the service."""
        numbers.save(obj)

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Forget the number."""
        numbers.remove(obj)


@admin.register(PhoneNumber)
class PhoneNumberAdmin(OrganizationAdmin):
    """All numbers of the organization, and who answers them."""

    list_display = ("number", "label", "assistant", "created_at")
    list_filter = ("assistant",)
    list_select_related = ("assistant",)
    search_fields = ("number", "label")
    fields = ("number", "label", "assistant")
    autocomplete_fields = ("assistant",)

    def store(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Save by the service."""
        numbers.save(obj)

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Forget the number."""
        numbers.remove(obj)
