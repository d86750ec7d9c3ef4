"""Reviews of versions: what waits, what changed, approve or reject. Imports their service."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from tools_library.admin.deciding import DecidingAdmin, differences, moment, readable, tool_link
from tools_library.admin.waiting import in_use_lines, is_own
from tools_library.approvals import reviews
from tools_library.approvals.choices import Decision, ReviewStatus
from tools_library.models import ToolReview
from voiceassist.foundation.admin import action, display, pretty_json

_TONES = {
    ReviewStatus.PENDING.label: "warning",
    ReviewStatus.APPROVED.label: "success",
    ReviewStatus.REJECTED.label: "danger",
}
_RULES = ("name", "tool_type", "side_effect", "timeout_seconds", "retry_attempts",
          "require_confirmation", "behaviour")  # fmt: skip


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be written beside the buttons."""

    class Meta:
        model = ToolReview
        fields = ("reason",)
        help_texts: ClassVar = {"reason": "For the record; whoever saved the version reads it."}
        widgets: ClassVar = {"reason": UnfoldAdminTextareaWidget(attrs={"rows": 2})}


@admin.register(ToolReview)
class ToolReviewAdmin(DecidingAdmin):
    """Versions, as they are and as assistants configure them."""

    form = DecisionForm
    list_display = ("what", "state", "saver", "saved", "decider")
    list_filter = ("status",)
    list_select_related = ("version__tool",)
    search_fields = ("version__name", "version__tool__display_name", "asked_by_name",
                     "decided_by_name")  # fmt: skip
    readonly_fields = (
        "named", "state", "in_use", "whose", "saver", "saved", "decider", "decided",
        "what_changed", "runs_with", "told", "rules",
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is to be judged, then the decision."""
        asked = ("named", "state", "in_use", "whose", "saver", "saved", "what_changed")
        decided = ("reason", "decider", "decided") if _is_decided(obj) else ("reason",)
        return [(None, {"fields": asked}), ("Decision", {"fields": decided}),
                ("All of it", {"fields": ("runs_with", "told", "rules")})]  # fmt: skip

    @display(description="Version", ordering="version", header=True)
    def what(self, obj: ToolReview) -> tuple[str, str]:
        """Return the tool and its version, and whose configuration it is."""
        return f"{obj.version.tool.display_name} {obj.version.version}", self.whose(obj)

    @display(description="Version")
    def named(self, obj: ToolReview) -> SafeString:
        """Return the version and its tool, with links to them."""
        version = obj.version
        link = reverse("admin:tools_library_toolversion_change", args=[version.pk])
        tool = tool_link(version.tool, version.name)
        return format_html('<a class="va-link" href="{}">{}</a> of {}', link, version.version, tool)

    @display(description="Configuration")
    def whose(self, obj: ToolReview) -> str:
        """Return whether it is the tool's, or what an assistant makes of it."""
        return "As the tool is saved" if is_own(obj) else "As an assistant configures it"

    @display(description="State", ordering="status", label=_TONES)
    def state(self, obj: ToolReview) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="In use now")
    def in_use(self, obj: ToolReview) -> SafeString:
        """Return what the assistants use that this is about."""
        return in_use_lines(obj)

    @display(description="Saved by", ordering="asked_by_name")
    def saver(self, obj: ToolReview) -> str:
        """Return who saved it."""
        return obj.asked_by_name or "–"

    @display(description="Saved", ordering="asked_at")
    def saved(self, obj: ToolReview) -> str:
        """Return when."""
        return moment(obj.asked_at)

    @display(description="Decided by", ordering="decided_by_name")
    def decider(self, obj: ToolReview) -> str:
        """Return who approved or rejected it."""
        return obj.decided_by_name or "–"

    @display(description="Decided")
    def decided(self, obj: ToolReview) -> str:
        """Return when."""
        return moment(obj.decided_at)

    @display(description="Changed since the last approved one")
    def what_changed(self, obj: ToolReview) -> SafeString:
        """Return the difference to the newest approved version before it, of all that runs."""
        last = _last_approved(obj)
        if last is None:
            return SafeString("Nothing was approved before: all of it is new.")
        return differences(_whole(last), _whole(obj))

    @display(description="What runs")
    def runs_with(self, obj: ToolReview) -> SafeString:
        """Return the configuration."""
        return readable(obj.configuration)

    @display(description="What the model is told")
    def told(self, obj: ToolReview) -> SafeString:
        """Return the definition."""
        return pretty_json(obj.version.function_definition)

    @display(description="How it runs")
    def rules(self, obj: ToolReview) -> SafeString:
        """Return the rest of the version."""
        return pretty_json({name: getattr(obj.version, name) for name in _RULES})

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


def _is_decided(obj: Any) -> bool:
    return obj is not None and obj.status != ReviewStatus.PENDING


def _last_approved(obj: ToolReview) -> ToolReview | None:
    """Return what was approved last before this one, of the same tool."""
    before = ToolReview.objects.of(obj.organization_id).filter(
        version__tool_id=obj.version.tool_id, status=ReviewStatus.APPROVED, pk__lt=obj.pk
    )
    last: ToolReview | None = before.select_related("version").first()
    return last


def _whole(review: ToolReview) -> dict[str, Any]:
    """Return all that a review is about."""
    version = review.version
    rules = {name: getattr(version, name) for name in _RULES}
    told = version.function_definition
    return {"configuration": review.configuration, "definition": told, **rules}
