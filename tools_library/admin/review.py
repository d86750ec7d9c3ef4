"""Reviews of versions: what waits, what changed, approve or reject. Imports their service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tools_library.admin.deciding import DecidingAdmin
from tools_library.approvals import reviews
from tools_library.approvals.choices import Decision, ReviewStatus
from tools_library.approvals.hashing import changes
from tools_library.models import ToolReview
from voiceassist.foundation.admin import action, display, pretty_json

_TONES = {
    ReviewStatus.PENDING.label: "warning",
    ReviewStatus.APPROVED.label: "success",
    ReviewStatus.REJECTED.label: "danger",
}


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be written beside the buttons."""

    class Meta:
        model = ToolReview
        fields = ("reason",)


@admin.register(ToolReview)
class ToolReviewAdmin(DecidingAdmin):
    """Versions, as they are and as assistants configure them."""

    form = DecisionForm
    list_display = ("version", "state", "asked_by_name", "asked_at", "decided_by_name", "reason")
    list_filter = ("status",)
    list_select_related = ("version",)
    search_fields = ("version__name", "asked_by_name", "decided_by_name")
    readonly_fields = (
        "version", "state", "asked_by_name", "asked_at", "decided_by_name", "decided_at",
        "what_changed", "runs_with", "told",
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is to be judged, then the decision."""
        asked = ("version", "state", "asked_by_name", "asked_at", "what_changed")
        decided = ("reason", "decided_by_name", "decided_at")
        return [(None, {"fields": asked}), ("Decision", {"fields": decided}),
                ("All of it", {"fields": ("runs_with", "told")})]  # fmt: skip

    @display(description="State", ordering="status", label=_TONES)
    def state(self, obj: ToolReview) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Changed since the last approved one")
    def what_changed(self, obj: ToolReview) -> SafeString:
        """Return the difference to the newest approved version before it."""
        before = ToolReview.objects.of(obj.organization_id).filter(
            version__tool_id=obj.version.tool_id, status=ReviewStatus.APPROVED, pk__lt=obj.pk
        )
        last = before.first()
        return pretty_json(changes(last.configuration, obj.configuration) if last else None)

    @display(description="Configuration")
    def runs_with(self, obj: ToolReview) -> SafeString:
        """Return what runs."""
        return pretty_json(obj.configuration)

    @display(description="What the model is told")
    def told(self, obj: ToolReview) -> SafeString:
        """Return the definition."""
        return pretty_json(obj.version.function_definition)

    @action(description="Approve", permissions=["change"], icon="check")
    def approve(self, request: HttpRequest, obj: Any) -> None:
        """Let it be used."""
        self._decide(request, obj, Decision.APPROVE)

    @action(description="Reject", permissions=["change"], icon="close")
    def reject(self, request: HttpRequest, obj: Any) -> None:
        """Keep it from being used."""
        self._decide(request, obj, Decision.REJECT)

    @admin.action(description="Approve", permissions=["change"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[ToolReview]) -> None:
        """Let all of them be used."""
        yes = Decision.APPROVE
        self.decide(
            request, queryset, lambda row: reviews.decide(row, yes, by=request.user), "Approved"
        )

    @admin.action(description="Reject", permissions=["change"])
    def reject_chosen(self, request: HttpRequest, queryset: QuerySet[ToolReview]) -> None:
        """Keep all of them from being used."""
        no = Decision.REJECT
        self.decide(
            request, queryset, lambda row: reviews.decide(row, no, by=request.user), "Rejected"
        )

    def _decide(self, request: HttpRequest, obj: Any, decision: str) -> None:
        reason = obj.answered_with["reason"]
        stored = ToolReview.objects.of(obj.organization_id).get(pk=obj.pk)
        self.decide(
            request,
            [stored],
            lambda row: reviews.decide(row, decision, by=request.user, reason=reason),
            f"{obj.version} is now {'approved' if decision == Decision.APPROVE else 'rejected'}",
        )
