"""The assistant's admin page: words, voice, turn taking, limits, ending, numbers; publishing."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from voiceassist.assistants import models_known
from voiceassist.assistants.admin import acts
from voiceassist.assistants.admin.forms import SENTENCE_FIELDS, AssistantForm
from voiceassist.assistants.admin.phone_number import PhoneNumberInline
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.sentences import WHEN, sentence
from voiceassist.assistants.services import deleting, differs, drafts, duplicate, publish
from voiceassist.foundation.admin import OrganizationAdmin, action, display
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import person

_TAB = ["tab"]
_WORDS = ("Words", {"classes": _TAB, "fields": (
    "name", "slug", "description", "instructions", "first_message",
    "first_message_interruptible", "language",
)})  # fmt: skip
_VOICE = ("Voice", {"classes": _TAB, "fields": ("voice", "noise_reduction")})
_TURNS = ("Turn taking", {"classes": _TAB, "fields": (
    "turn_detection", "vad_threshold", ("vad_silence_duration_ms", "vad_prefix_padding_ms"),
    "vad_idle_timeout_ms", "vad_eagerness", "interrupt_response",
)})  # fmt: skip
_LIMITS = ("Limits", {"classes": _TAB, "fields": (
    "silence_timeout_seconds", "max_duration_seconds", ("tool_limit_runs", "tool_limit_seconds"),
    "is_active",
)})  # fmt: skip
_ENDING = ("Ending calls", {"classes": _TAB, "fields": acts.ENDING})
_TRANSFERRING = ("Transfers and keys", {"classes": _TAB, "fields": acts.TRANSFERRING})
_SENTENCES = ("Sentences", {
    "classes": _TAB,
    "fields": tuple(SENTENCE_FIELDS),
    "description": "What the system makes the assistant say. Empty: the words shown in grey.",
})  # fmt: skip
_MODELS = ("Models", {"classes": _TAB, "fields": (
    "realtime_model", "transcription_model", "agent_class_name",
)})  # fmt: skip

# Expressions of Alpine; whoever only reads has no such field, and sees everything.
_BY_SILENCE = "typeof turn_detection == 'undefined' || turn_detection == 'server_vad'"
_BY_MEANING = "typeof turn_detection == 'undefined' || turn_detection == 'semantic_vad'"
_MAY_END = "typeof end_call_enabled == 'undefined' || end_call_enabled == true"
_MAY_PRESS = "typeof press_keys_enabled == 'undefined' || press_keys_enabled == true"
_MAY_TRANSFER = "typeof transfer_enabled == 'undefined' || transfer_enabled == true"


@admin.register(Assistant)
class AssistantAdmin(OrganizationAdmin):
    """A draft to edit, and a button that makes it what callers hear."""

    form = AssistantForm
    list_display = ("name", "slug", "language", "numbers", "state", "is_active", "updated_at")
    list_filter = ("language", "is_active")
    list_select_related = ("published_version",)
    search_fields = ("name", "slug", "description", "instructions")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    inlines = (PhoneNumberInline,)
    actions = ("copy",)
    what_happens = "Its numbers are not answered any more. Its past calls stay."
    actions_submit_line = ("publish_now",)
    change_form_before_template = "admin/assistants/assistant/state.html"
    conditional_fields: ClassVar[dict[str, str]] = {
        "vad_threshold": _BY_SILENCE,
        "vad_silence_duration_ms": _BY_SILENCE,
        "vad_prefix_padding_ms": _BY_SILENCE,
        "vad_idle_timeout_ms": _BY_SILENCE,
        "vad_eagerness": _BY_MEANING,
        "end_call_scenarios": _MAY_END,
        "end_call_asks": _MAY_END,
        "end_call_message": _MAY_END,
        "transfer_numbers": _MAY_TRANSFER,
        "transfer_scenarios": _MAY_TRANSFER,
        "transfer_asks": _MAY_TRANSFER,
        "transfer_message": _MAY_TRANSFER,
        "press_keys_asks": _MAY_PRESS,
    }

    # --- the list ------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch each assistant's numbers with the list."""
        return super().get_queryset(request).prefetch_related("phone_numbers")

    @display(description="Numbers")
    def numbers(self, obj: Assistant) -> str:
        """Return the numbers that ring this assistant."""
        return ", ".join(str(row.number) for row in obj.phone_numbers.all()) or "–"

    @display(
        description="Published",
        label={"Live": "success", "Unpublished changes": "warning", "Never": "danger"},
    )
    def state(self, obj: Assistant) -> str:
        """Return whether callers get what the draft says."""
        if obj.published_version is None:
            return "Never"
        return "Unpublished changes" if differs(obj) else "Live"

    @action(description="Copy", permissions=["add"])
    def copy(self, request: HttpRequest, queryset: QuerySet[Assistant]) -> None:
        """Copy the chosen assistants, unpublished and without numbers."""
        for assistant in queryset:
            made = duplicate(assistant, person(request))
            messages.success(request, f"{made.name} is made. Give it a name and publish it.")

    # --- the page ------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show fields to whoever edits, and plain words to whoever reads."""
        may_edit = self.has_change_permission(request, obj) if obj else True
        parts: tuple[Any, ...] = (_ENDING, _TRANSFERRING, _SENTENCES)
        if not may_edit:
            parts = tuple(
                (part[0], {"classes": _TAB, "fields": (column,)})
                for part, column in zip(parts, ("ending", "transferring", "said"), strict=True)
            )
        return (_WORDS, _VOICE, _TURNS, _LIMITS, *parts, _MODELS)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the short name while a new assistant is written, and never afterwards."""
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add what is live, and what to know of the models, above the form."""
        extra = dict(extra_context or {})
        assistant = self.get_object(request, str(object_id)) if object_id else None
        if assistant is not None:
            extra |= {"live": assistant.published_version, "differs": differs(assistant)}
            extra["notes"] = _notes(assistant)
            if assistant.published_version is not None and assistant.is_active:
                may_chat = request.user.has_perm("conversations.chat")
                extra["chat_url"] = reverse("chat", args=[assistant.slug]) if may_chat else ""
        return super().changeform_view(request, object_id, form_url, extra)

    def store(self, request: HttpRequest, obj: Assistant, form: AssistantForm) -> None:
        """Save the draft."""
        form.write_to(obj)
        if obj.pk is None:
            obj.created_by = person(request)
        drafts.save(obj)

    def erase(self, request: HttpRequest, obj: Assistant) -> None:
        """Delete the assistant; its past calls stay."""
        deleting.delete(obj)

    @action(description="Save and publish", permissions=["change"], icon="publish")
    def publish_now(self, request: HttpRequest, obj: Assistant) -> None:
        """Make the saved draft live for the next call."""
        before = obj.published_version_id
        version = publish(obj, person(request))
        if version.pk == before:
            messages.info(request, f"Nothing changed: version {version.number} is still live.")
        else:
            messages.success(
                request, f"Version {version.number} is live: the next caller hears it."
            )
        for note in _notes(obj):
            messages.warning(request, note)

    # --- for readers ---------------------------------------------------------------------------
    @display(description="Ending calls")
    def ending(self, obj: Assistant) -> str:
        """Return the end-call settings as a sentence."""
        settings = drafts.check(obj).tools_settings.end_call
        if not settings.enabled:
            return "Only the caller and staff hang up."
        cases = "; ".join(settings.scenarios) or "when the conversation is over"
        return f"The assistant may end the call: {cases}."

    @display(description="Transfers and keys")
    def transferring(self, obj: Assistant) -> str:
        """Return where to the assistant may put callers through, and whether it presses keys."""
        settings = drafts.check(obj).tools_settings
        known = settings.transfer_call
        numbers = "; ".join(known.transfer_numbers) if known.enabled else ""
        keys = "It may press keys." if "press_keys" in settings.enabled_tools else ""
        through = f"The assistant may put callers through to: {numbers}."
        return f"{through if numbers else 'Only staff transfers calls.'} {keys}".strip()

    @display(description="The system's sentences")
    def said(self, obj: Assistant) -> SafeString:
        """Return each sentence with its occasion."""
        spec = drafts.check(obj)
        rows = ((WHEN[key], sentence(spec, key)) for key in WHEN)
        return format_html_join("", '<p class="va-said"><b>{}:</b> {}</p>', rows)


def _notes(assistant: Assistant) -> list[str]:
    try:
        return models_known.warnings(drafts.check(assistant), timezone.localdate())
    except InvalidInput as error:
        return [f"This draft cannot be published yet. {' '.join(error.errors.values())}"]
