"""Questions about runs, to answer; and the yeses that hold for later. Imports their services."""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from tools_library.admin import inbox
from tools_library.admin.deciding import DecidingAdmin, differences, in_short, moment, tool_link
from tools_library.admin.fields import PrettyJSONField
from tools_library.admin.origin import place
from tools_library.approvals import answering, grants, sending, whose
from tools_library.approvals.answering import Answer
from tools_library.approvals.choices import ApprovalStatus, Decision, Policy, Remember
from tools_library.models import Approval, ApprovalGrant
from voiceassist.foundation.admin import OrganizationAdmin, action, display, pretty_json
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.reading_order import in_reading_order

_TONES = {
    ApprovalStatus.PENDING.label: "warning",
    ApprovalStatus.APPROVED.label: "success",
    ApprovalStatus.REJECTED.label: "danger",
    ApprovalStatus.EXPIRED.label: "info",
}
_MOST_LINES = 24
_IN_SECONDS, _IN_MINUTES = 600, 120
"""Below these a time is told in seconds, in minutes."""


class NoForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be written beside the buttons by those whose yes does not count."""

    send_to = forms.CharField(
        required=False,
        label="Send to",
        help_text="A member's e-mail address, or a role: operator, builder, admin, owner.",
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Approval
        fields: tuple[str, ...] = ("reason",)
        labels: ClassVar = {"reason": "Why not", "remember": "A yes holds for"}
        help_texts: ClassVar = {"reason": "With a no, the model is told it."}
        widgets: ClassVar = {"reason": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def field_for(self, path: str) -> str:
        """Return the field that shows what the service has against the arguments."""
        return {"arguments": "run_with", "decision": "run_with", "to": "send_to"}.get(path, path)


class AnswerForm(NoForm):
    """The same for those who may say yes."""

    run_with = PrettyJSONField(
        label="Run it with", help_text="All arguments. Change them to approve something else."
    )

    class Meta(NoForm.Meta):
        fields = ("reason", "remember")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        written = self.fields["run_with"]
        written.initial = self.instance.arguments
        lines = json.dumps(self.instance.arguments, indent=2).count("\n") + 1
        written.widget.attrs["rows"] = min(max(lines, 3), _MOST_LINES)


@admin.register(Approval)
class ApprovalAdmin(DecidingAdmin):
    """What waits for somebody's yes, and what was answered."""

    form = AnswerForm
    list_display = ("what", "state", "asked_of", "whence", "left", "asked", "who")
    list_filter = (inbox.InboxFilter, "status", "policy", "trigger_context")
    list_select_related = ("execution__call", "tool", "sent_to")
    search_fields = ("tool_name", "decided_by_name", "reason")
    actions_submit_line = ("approve", "reject", "send")
    readonly_fields = (
        "named", "state", "asked_of", "whence", "given", "left", "asked", "heard", "escalated",
        "who", "decided", "what_changed", "run", "record",
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the question; the answer's fields only while it is open."""
        more = ("More", {"fields": ("heard", "escalated", "run", "record")})
        if obj is not None and self.has_change_permission(request, obj):
            return [
                (None, {"fields": ("named", "asked_of", "whence", "left", "asked")}),
                *_answer_fields(_why_not(request, obj), obj),
                more,
            ]
        return [
            (None, {"fields": ("named", "state", "asked_of", "whence", "given", "left", "asked")}),
            ("Answer", {"fields": ("who", "decided", "reason", "what_changed", "remember")}),
            more,
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may answer; what was answered is only read."""
        if not super().has_change_permission(request, obj):
            return False
        if isinstance(obj, (int, str)):  # Unfold asks by the row's id
            obj = self.get_object(request, str(obj))
        return obj is None or obj.status == ApprovalStatus.PENDING

    def store(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Keep what was written; who lost the right to say yes meanwhile is told so.

        Raises:
            InvalidInput: says who is asked.
        """
        super().store(request, obj, form)
        refusal = _why_not(request, obj)
        if refusal and "tools_library_approval_approve" in request.POST:
            raise InvalidInput({"reason": refusal})

    def has_sending_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the question can go to somebody else; the caller's and user's cannot."""
        asked = self.get_object(request, str(object_id)) if object_id is not None else None
        return asked is None or asked.policy == Policy.STAFF

    def has_yes_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the person's yes to this question counts; of no question, it may."""
        if object_id is None:  # Unfold asks again as it runs the action, and names no row
            return True
        asked = self.get_object(request, str(object_id))
        return asked is not None and not _why_not(request, asked)

    def get_form(
        self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        """Return the form with what this person can decide."""
        if obj is not None and _why_not(request, obj):
            kwargs["form"] = NoForm
        return super().get_form(request, obj, change=change, **kwargs)

    @display(description="Tool", ordering="tool_name", header=True)
    def what(self, obj: Approval) -> tuple[str, str]:
        """Return the tool, and its arguments on one line."""
        name = obj.tool.display_name if obj.tool is not None else in_reading_order(obj.tool_name)
        return name, in_short(obj.arguments)

    @display(description="Tool")
    def named(self, obj: Approval) -> SafeString:
        """Return the tool with a link to it."""
        return tool_link(obj.tool, obj.tool_name)

    @display(description="State", ordering="status", label=_TONES)
    def state(self, obj: Approval) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Who is asked", ordering="policy")
    def asked_of(self, obj: Approval) -> str:
        """Return who is asked."""
        return inbox.asked_of(obj)

    @display(description="From", ordering="source_id")
    def whence(self, obj: Approval) -> SafeString:
        """Return the conversation or call that it came up in, with a link."""
        return place(obj, obj.execution.call)

    @display(description="Arguments")
    def given(self, obj: Approval) -> SafeString:
        """Return the arguments."""
        return pretty_json(obj.arguments)

    @display(description="Time left", ordering="expires_at")
    def left(self, obj: Approval) -> str:
        """Return how long it can still be answered."""
        if obj.status != ApprovalStatus.PENDING:
            return "–"
        return in_words((obj.expires_at - timezone.now()).total_seconds())

    @display(description="Asked", ordering="asked_at")
    def asked(self, obj: Approval) -> str:
        """Return when."""
        return moment(obj.asked_at)

    @display(description="Caller heard it")
    def heard(self, obj: Approval) -> str:
        """Return when the caller had heard the question to its end."""
        return moment(obj.heard_at)

    @display(description="Admins were told")
    def escalated(self, obj: Approval) -> str:
        """Return when the question went to the admins."""
        return moment(obj.escalated_at)

    @display(description="Answered by", ordering="decided_by_name")
    def who(self, obj: Approval) -> str:
        """Return who answered."""
        return obj.decided_by_name or "–"

    @display(description="Answered")
    def decided(self, obj: Approval) -> str:
        """Return when."""
        return moment(obj.decided_at)

    @display(description="Changed before it ran")
    def what_changed(self, obj: Approval) -> SafeString:
        """Return the difference between what was asked and what ran."""
        ran = obj.arguments if obj.edited_arguments is None else obj.edited_arguments
        return differences(obj.arguments, ran)

    @display(description="Run")
    def run(self, obj: Approval) -> SafeString:
        """Return how the run stands, with a link to it."""
        run = obj.execution
        link = reverse("admin:tools_library_toolexecution_change", args=[run.pk])
        stands = run.get_status_display()
        return format_html('<a class="va-link" href="{}">{}</a>', link, stands)

    @display(description="Record")
    def record(self, obj: Approval) -> SafeString:
        """Return what the audit says of it."""
        return inbox.record_of(obj)

    @action(description="Approve", permissions=["change", "yes"], icon="check")
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
        inbox.answer(request, _fresh(obj), given)
        self.message_user(request, f"{obj.tool_name} runs now.")

    @action(description="Reject", permissions=["change"], icon="close")
    def reject(self, request: HttpRequest, obj: Any) -> None:
        """Say no."""
        given = Answer(Decision.REJECT, reason=obj.answered_with["reason"])
        inbox.answer(request, _fresh(obj), given)
        self.message_user(request, f"{obj.tool_name} does not run.")

    @action(description="Send", permissions=["change", "sending"], icon="send")
    def send(self, request: HttpRequest, obj: Any) -> None:
        """Let somebody else of staff answer."""
        to = obj.answered_with["send_to"]
        sending.send(_fresh(obj), to, by=request.user)
        self.message_user(request, f"{to} was told by mail; the question stays open.")

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

    list_display = ("what", "holds", "instead_of", "giver", "given", "used")
    list_filter = ("scope", "policy")
    list_select_related = ("tool", "user")
    search_fields = ("tool_name", "created_by_name")
    fields = ("named", "only_these", "holds", "instead_of", "giver", "given", "used")

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

    @display(description="Tool", ordering="tool_name", header=True)
    def what(self, obj: ApprovalGrant) -> tuple[str, str]:
        """Return the tool, and the arguments that it is for."""
        return obj.tool.display_name, in_short(obj.arguments) or "with any arguments"

    @display(description="Tool")
    def named(self, obj: ApprovalGrant) -> SafeString:
        """Return the tool with a link to it."""
        return tool_link(obj.tool, obj.tool_name)

    @display(description="Only with these arguments")
    def only_these(self, obj: ApprovalGrant) -> SafeString:
        """Return the arguments that it is for."""
        return pretty_json(obj.arguments) if obj.arguments else SafeString("With any.")

    @display(description="Holds", ordering="scope")
    def holds(self, obj: ApprovalGrant) -> str:
        """Return for how long, and for whom."""
        of = f" of {obj.user}" if obj.user is not None else ""
        if obj.scope == Remember.ALWAYS:
            return f"Always{', in conversations' + of if of else ''}"
        return f"In {obj.source_kind or 'conversation'} {obj.source_id}{of}"

    @display(description="Instead of asking", ordering="policy")
    def instead_of(self, obj: ApprovalGrant) -> str:
        """Return who is not asked."""
        return str(obj.get_policy_display())

    @display(description="Given by", ordering="created_by_name")
    def giver(self, obj: ApprovalGrant) -> str:
        """Return who said yes."""
        return obj.created_by_name or "–"

    @display(description="Given", ordering="created_at")
    def given(self, obj: ApprovalGrant) -> str:
        """Return when."""
        return moment(obj.created_at)

    @display(description="Last used", ordering="last_used_at")
    def used(self, obj: ApprovalGrant) -> str:
        """Return when a run last went on by it."""
        return moment(obj.last_used_at)

    def erase(self, request: HttpRequest, obj: ApprovalGrant) -> None:
        """Revoke the grant."""
        grants.revoke(obj, request.user)


def _why_not(request: Any, asked: Approval) -> str:
    """Return why the person's yes to the page's question would not count; asked once per page."""
    if not hasattr(request, "why_not"):
        request.why_not = whose.why_not(asked, request.user)
    return str(request.why_not)


def _answer_fields(refusal: str, obj: Approval) -> list[tuple[str, dict[str, Any]]]:
    sending_on = ("Or let somebody else answer", {"fields": ("send_to",)})
    if not refusal:
        return [("Your answer", {"fields": ("run_with", "remember", "reason")}), sending_on]
    no = {"fields": ("given", "reason"), "description": f"{refusal} You can say no."}
    return [("Your answer", no), *([sending_on] if obj.policy == Policy.STAFF else [])]


def in_words(seconds: float) -> str:
    """Return a time that is left, such as `45 s`, `12 min` or `23 h`."""
    if seconds <= 0:
        return "Over"
    if seconds < _IN_SECONDS:
        return f"{math.ceil(seconds)} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < _IN_MINUTES else f"{minutes // 60} h"


def _fresh(obj: Approval) -> Approval:
    """Return the row as it is stored: the form has written into the other one."""
    rows = Approval.objects.of(obj.organization_id)
    rows = rows.select_related("execution__definition", "sent_to")
    found: Approval = rows.get(pk=obj.pk)
    return found
