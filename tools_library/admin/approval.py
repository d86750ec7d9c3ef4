"""Questions about runs, to answer; and the yeses that hold for later. Imports their services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from tools_library.admin.deciding import DecidingAdmin
from tools_library.admin.fields import PrettyJSONField
from tools_library.approvals import answering, grants
from tools_library.approvals.answering import Answer
from tools_library.approvals.choices import ApprovalStatus, Decision
from tools_library.models import Approval, ApprovalGrant
from voiceassist.foundation.admin import OrganizationAdmin, action, display, pretty_json

_TONES = {
    ApprovalStatus.PENDING.label: "warning",
    ApprovalStatus.APPROVED.label: "success",
    ApprovalStatus.REJECTED.label: "danger",
    ApprovalStatus.EXPIRED.label: "info",
}


class AnswerForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be written beside the buttons."""

    run_with = PrettyJSONField(
        label="Run it with", help_text="All arguments. Change them to approve something else."
    )

    class Meta:
        model = Approval
        fields = ("reason", "remember")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run_with"].initial = self.instance.arguments
        for name, text in (
            ("reason", "The model is told it with a no."),
            ("remember", "For how long a yes holds."),
        ):
            if name in self.fields:
                self.fields[name].help_text = text

    def field_for(self, path: str) -> str:
        """Return the field that shows what the service has against the arguments."""
        return "run_with" if path == "arguments" else path


@admin.register(Approval)
class ApprovalAdmin(DecidingAdmin):
    """What waits for somebody's yes, and what was answered."""

    form = AnswerForm
    list_display = ("tool_name", "state", "asked_of", "given", "left", "asked_at", "who")
    list_filter = ("status", "policy", "trigger_context")
    list_select_related = ("execution",)
    search_fields = ("tool_name", "decided_by_name", "reason")
    readonly_fields = (
        "tool_name", "state", "asked_of", "given", "left", "asked_at", "heard_at", "escalated_at",
        "who", "decided_at", "what_changed", "execution",
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the question; the answer's fields only while it is open."""
        question = ("tool_name", "state", "asked_of", "given", "left", "asked_at")
        more = ("heard_at", "escalated_at", "execution")
        if obj is not None and self.has_change_permission(request, obj):
            answer = ("run_with", "reason", "remember")
            return [(None, {"fields": question}), ("Your answer", {"fields": answer}),
                    ("More", {"fields": more})]  # fmt: skip
        answered = ("who", "decided_at", "reason", "what_changed", "remember")
        return [(None, {"fields": question}), ("Answer", {"fields": answered}),
                ("More", {"fields": more})]  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may answer; what was answered is only read."""
        if not super().has_change_permission(request, obj):
            return False
        if isinstance(obj, (int, str)):  # Unfold asks by the row's id
            obj = self.get_object(request, str(obj))
        return obj is None or obj.status == ApprovalStatus.PENDING

    @display(description="State", ordering="status", label=_TONES)
    def state(self, obj: Approval) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Asked", ordering="policy")
    def asked_of(self, obj: Approval) -> str:
        """Return who is asked."""
        return str(obj.get_policy_display())

    @display(description="Arguments")
    def given(self, obj: Approval) -> SafeString:
        """Return the arguments."""
        return pretty_json(obj.arguments)

    @display(description="Time left", ordering="expires_at")
    def left(self, obj: Approval) -> str:
        """Return how long it can still be answered."""
        seconds = round((obj.expires_at - timezone.now()).total_seconds())
        if obj.status != ApprovalStatus.PENDING:
            return "–"
        if seconds <= 0:
            return "over"
        return f"{seconds} s" if seconds < 600 else f"{seconds // 60} min"

    @display(description="Answered by", ordering="decided_by_name")
    def who(self, obj: Approval) -> str:
        """Return who answered."""
        return obj.decided_by_name or "–"

    @display(description="Changed before it ran")
    def what_changed(self, obj: Approval) -> SafeString:
        """Return the difference."""
        return pretty_json(obj.changes)

    @action(description="Approve", permissions=["change"], icon="check")
    def approve(self, request: HttpRequest, obj: Any) -> None:
        """Say yes, to other arguments where they were changed."""
        written = obj.answered_with
        arguments = written["run_with"] or {}
        edited = arguments != obj.arguments
        given = Answer(
            Decision.EDIT if edited else Decision.APPROVE,
            arguments if edited else None,
            written["reason"],
            written["remember"],
        )
        answering.answer(_fresh(obj), given, by=request.user)
        self.message_user(request, f"{obj.tool_name} runs now.")

    @action(description="Reject", permissions=["change"], icon="close")
    def reject(self, request: HttpRequest, obj: Any) -> None:
        """Say no."""
        given = Answer(Decision.REJECT, reason=obj.answered_with["reason"])
        answering.answer(_fresh(obj), given, by=request.user)
        self.message_user(request, f"{obj.tool_name} does not run.")

    @admin.action(description="Approve", permissions=["change"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[Approval]) -> None:
        """Say yes to all of them."""
        yes = Answer(Decision.APPROVE)
        self.decide(
            request, queryset, lambda row: answering.answer(row, yes, by=request.user), "Approved"
        )

    @admin.action(description="Reject", permissions=["change"])
    def reject_chosen(self, request: HttpRequest, queryset: QuerySet[Approval]) -> None:
        """Say no to all of them."""
        no = Answer(Decision.REJECT)
        self.decide(
            request, queryset, lambda row: answering.answer(row, no, by=request.user), "Rejected"
        )


@admin.register(ApprovalGrant)
class ApprovalGrantAdmin(OrganizationAdmin):
    """Yeses that hold for later runs; deleting one revokes it, the record stays."""

    list_display = ("tool_name", "scope", "policy", "only_these", "created_by_name", "created_at",
                    "last_used_at")  # fmt: skip
    list_filter = ("scope", "policy")
    search_fields = ("tool_name", "created_by_name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what has ended."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(revoked_at__isnull=True)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: answers make grants."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a yes is given or revoked."""
        return False

    @display(description="Only for these arguments")
    def only_these(self, obj: ApprovalGrant) -> SafeString:
        """Return the arguments that it is for; none: any."""
        return pretty_json(obj.arguments)

    def erase(self, request: HttpRequest, obj: ApprovalGrant) -> None:
        """Revoke the grant."""
        grants.revoke(obj, request.user)


def _fresh(obj: Approval) -> Approval:
    """Return the row as it is stored: the form has written into the other one."""
    rows = Approval.objects.of(obj.organization_id).select_related("execution__definition")
    found: Approval = rows.get(pk=obj.pk)
    return found
