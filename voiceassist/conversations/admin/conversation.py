"""One conversation with its words, runs and tool calls; imports services and models."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voiceassist.conversations.admin import telling
from voiceassist.conversations.admin import texts as text_messages
from voiceassist.conversations.choices import OPEN_RUNS, AgentState, Channel
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import cancelling
from voiceassist.foundation.admin import ReadOnlyAdmin, action, display, pretty_json
from voiceassist.organizations.roles import may

_TONES = {
    AgentState.AWAITING_FRONTEND_TOOL.label: "warning",
    AgentState.COMPLETED.label: "success",
    AgentState.IDLE.label: "info",
}


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Who wrote with whom, what was said and done."""

    list_display = ("who", "assistant", "channel", "state", "messages_in_it", "updated_at")
    list_filter = ("agent_state", "channel", "assistant")
    list_select_related = ("assistant",)
    search_fields = ("thread_id", "owner_name", "end_user", "phone_number", "objective")
    actions = ("stop",)
    change_form_outer_before_template = "admin/conversations/conversation/state.html"
    fieldsets = (
        (None, {"fields": (
            ("whose", "state"), ("with_whom", "channel"), "objective",
            ("created_at", "updated_at"),
        )}),
        ("What was said and done", {"fields": ("talk",)}),
        ("Answers", {"fields": ("answers",)}),
        ("For engineers", {"classes": ("collapse",), "fields": (
            ("thread_id", "agent_class_name"), ("last_seq", "reserved_seq"), "waiting", "events",
        )}),
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Conversation | None = None) -> Any:
        """Show what came and went by SMS where that is the channel."""
        listed = list(super().get_fieldsets(request, obj))
        if obj is not None and obj.channel == Channel.SMS:
            numbers = (("phone_number", "our_number"), "stopped_at", "texts")
            listed.insert(2, ("Text messages", {"fields": numbers}))
        return listed

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may stop answers."""
        return may(request.user, "conversations.read")

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Say what goes on above the page, with a button that stops it."""
        extra = dict(extra_context or {})
        row = self.get_object(request, str(object_id)) if object_id else None
        if row is not None:
            run = row.runs.filter(status__in=OPEN_RUNS).first()
            extra |= {"open_run": run, "may_stop": self.has_stop_permission(request)}
            if row.assistant is not None and row.owner_id == request.user.pk:
                chat = reverse("chat", args=[row.assistant.slug])
                extra["own_chat"] = f"{chat}?thread={row.thread_id}"
        return super().changeform_view(request, object_id, form_url, extra)

    @action(description="Stop the answer", permissions=["stop"])
    def stop(
        self, request: HttpRequest, queryset: QuerySet[Conversation]
    ) -> HttpResponseRedirect | None:
        """Stop what the chosen conversations' agents do."""
        rows = list(queryset)
        stopped = sum(cancelling.cancel(conversation) for conversation in rows)
        rest = len(rows) - stopped
        if stopped:
            messages.success(request, f"Stopped: {stopped}.")
        if rest:
            messages.info(request, f"Nothing was going on in {rest}.")
        if "from_page" not in request.POST or not rows:
            return None
        here = reverse("admin:conversations_conversation_change", args=[rows[0].pk])
        return HttpResponseRedirect(here)

    @display(description="Whose", ordering="owner_name", header=True)
    def who(self, obj: Conversation) -> tuple[str, str]:
        """Return the person, or whom a program speaks for, and the thread."""
        return self.whose(obj), obj.thread_id

    @display(description="Whose")
    def whose(self, obj: Conversation) -> str:
        """Return the person, or whom a program speaks for."""
        return obj.end_user or obj.phone_number or obj.owner_name or "–"

    @display(description="Assistant")
    def with_whom(self, obj: Conversation) -> SafeString | str:
        """Return the assistant with a link to it; a Python agent by its name."""
        if obj.assistant is None:
            return obj.agent_class_name or "Removed"
        link = reverse("admin:assistants_assistant_change", args=[obj.assistant.pk])
        return format_html('<a class="va-link" href="{}">{}</a>', link, obj.assistant)

    @display(description="State", ordering="agent_state", label=_TONES)
    def state(self, obj: Conversation) -> str:
        """Return the agent's state in words."""
        return str(obj.get_agent_state_display())

    @display(description="Messages", ordering="message_count")
    def messages_in_it(self, obj: Conversation) -> int:
        """Return how many there are."""
        return int(obj.message_count)

    @display(description="Messages")
    def talk(self, obj: Conversation) -> SafeString:
        """Return the newest messages, each with its tool calls."""
        return format_html('<div class="va-talk">{}</div>', telling.talk(obj))

    @display(description="Text messages")
    def texts(self, obj: Conversation) -> SafeString:
        """Return the newest text messages, and what has become of each."""
        return text_messages.texts(obj)

    @display(description="Runs")
    def answers(self, obj: Conversation) -> SafeString:
        """Return the newest runs, how they ended and what they used."""
        return format_html('<div class="va-talk">{}</div>', telling.answers(obj))

    @display(description="What waits")
    def waiting(self, obj: Conversation) -> SafeString:
        """Return the calls that wait for a person, as clients get them."""
        return pretty_json(obj.pending_frontend_tools)

    @display(description="Events, as clients got them")
    def events(self, obj: Conversation) -> SafeString:
        """Return the newest events."""
        return telling.events(obj)
