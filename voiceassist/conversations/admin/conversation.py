"""One conversation with its words, runs and tool calls; imports services and models."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from voiceassist.conversations.choices import AgentState
from voiceassist.conversations.models import Conversation, ToolProposal
from voiceassist.conversations.services import cancelling
from voiceassist.foundation.admin import ReadOnlyAdmin, action, display, pretty_json
from voiceassist.organizations.roles import may

_SHOWN = 200
_TONES = {
    AgentState.AWAITING_FRONTEND_TOOL.label: "warning",
    AgentState.COMPLETED.label: "success",
    AgentState.IDLE.label: "info",
}


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Who wrote with whom, what was said and done."""

    list_display = (
        "thread_id", "assistant", "channel", "whose", "state", "message_count", "updated_at",
    )  # fmt: skip
    list_filter = ("agent_state", "channel", "assistant")
    list_select_related = ("assistant",)
    search_fields = ("thread_id", "owner_name", "end_user")
    actions = ("stop",)
    fieldsets = (
        (None, {"fields": (
            "thread_id", ("assistant", "channel"), ("whose", "state"), "objective",
            ("created_at", "updated_at"),
        )}),
        ("What was said", {"fields": ("words",)}),
        ("Tool calls", {"fields": ("calls",)}),
        ("Answers", {"fields": ("answers",)}),
        ("For engineers", {"classes": ("collapse",), "fields": (
            "agent_class_name", ("last_seq", "reserved_seq"), "waiting",
        )}),
    )  # fmt: skip

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may stop answers."""
        return may(request.user, "conversations.read")

    @action(description="Stop the answer", permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Stop what the chosen conversations' agents do."""
        stopped = sum(cancelling.cancel(conversation) for conversation in queryset)
        messages.success(request, f"Stopped: {stopped}. Nothing went on in the others.")

    @display(description="Whose")
    def whose(self, obj: Conversation) -> str:
        """Return the person, or whom a program speaks for."""
        return obj.end_user or obj.owner_name or obj.phone_number or "–"

    @display(description="State", ordering="agent_state", label=_TONES)
    def state(self, obj: Conversation) -> str:
        """Return the agent's state in words."""
        return str(obj.get_agent_state_display())

    @display(description="Words")
    def words(self, obj: Conversation) -> SafeString:
        """Return the newest messages in order."""
        newest = list(obj.messages.order_by("-position")[:_SHOWN])[::-1]
        lines = ((row.get_role_display(), row.text) for row in newest if row.text)
        return format_html_join("", "<p><strong>{}:</strong> {}</p>", lines)

    @display(description="Calls")
    def calls(self, obj: Conversation) -> SafeString:
        """Return the newest tool calls with links to their runs and questions."""
        rows = obj.proposals.select_related("execution__approval").order_by("-pk")[:_SHOWN]
        return format_html_join("", "{}", ((_line(each),) for each in list(rows)[::-1]))

    @display(description="Runs")
    def answers(self, obj: Conversation) -> SafeString:
        """Return the newest runs, how they ended and what they used."""
        rows = list(obj.runs.order_by("-pk")[:_SHOWN])[::-1]
        lines = (
            (
                run.started_at.strftime("%Y-%m-%d %H:%M:%S"),
                run.get_status_display(),
                run.step,
                run.error_message or run.stop_reason,
            )
            for run in rows
        )
        return format_html_join("", "<p>{} · {} · step {} · {}</p>", lines)

    @display(description="What waits")
    def waiting(self, obj: Conversation) -> SafeString:
        """Return the calls that wait for a person, as clients get them."""
        return pretty_json(obj.pending_frontend_tools)


def _line(call: ToolProposal) -> SafeString:
    status, by = call.get_status_display(), call.answered_by_name
    said = f"{status} · {by}" if by else status
    run, approval = call.execution, getattr(call.execution, "approval", None)
    links = [
        (reverse("admin:tools_library_toolexecution_change", args=[run.pk]), "run")
        if run is not None
        else None,
        (reverse("admin:tools_library_approval_change", args=[approval.pk]), "question")
        if approval is not None
        else None,
    ]
    shown = format_html_join(
        "", ' <a class="va-link" href="{}">{}</a>', (each for each in links if each is not None)
    )
    return format_html("<p><strong>{}</strong> {}{}</p>", call.tool_name, said, shown)
