"""The assistant's form: typed fields where the row holds JSON; imports the models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from voiceassist.assistants.admin import acts
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.models_known import REALTIME, TRANSCRIPTION, VOICES
from voiceassist.assistants.rendering import NAMES
from voiceassist.assistants.sentences import DEFAULTS, WHEN
from voiceassist.assistants.services.drafts import SENTENCE_MAX

SENTENCE_FIELDS = {f"sentence_{key}": key for key in WHEN if key not in acts.SAID_WITH}
_SHOWN_ELSEWHERE = {field: key for key, field in acts.SAID_WITH.items()}


class SuggestingInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A text input that offers known values; any other may be typed."""

    def __init__(self, values: Iterable[str]) -> None:
        super().__init__(attrs={"autocomplete": "off", "spellcheck": "false"})
        self.values = tuple(values)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the input with its list."""
        list_id = f"known_{name}"
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((v,) for v in self.values))
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, options)


class AssistantForm(acts.ActsForm, forms.ModelForm):  # type: ignore[type-arg]
    """The draft, with `tools_settings` and `sentences` as fields of their own."""

    class Meta:
        model = Assistant
        fields = ()  # the admin names them in its fieldsets
        labels: ClassVar[dict[str, str]] = {
            "slug": "Short name",
            "first_message_interruptible": "Callers may interrupt the first message",
            "turn_detection": "How it knows the caller has finished",
            "vad_threshold": "How loud speech must be",
            "vad_silence_duration_ms": "Silence that ends a turn, ms",
            "vad_prefix_padding_ms": "Sound kept from before it, ms",
            "vad_idle_timeout_ms": "The model asks after silence, ms",
            "vad_eagerness": "How soon it takes the turn",
            "interrupt_response": "Callers may interrupt it",
            "silence_timeout_seconds": "Silence timeout, seconds",
            "max_duration_seconds": "Longest call, seconds",
            "is_active": "Answers calls",
            "realtime_model": "Voice model",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "slug": "For addresses and programs: letters, digits, hyphens; not digits alone.",
            "instructions": (
                "Who the assistant is and what it does. Filled in for each call: "
                + ", ".join(f"${{{name}}}" for name in NAMES)
                + "."
            ),
            "vad_prefix_padding_ms": "So that the first syllable is not lost.",
            "vad_threshold": "0 to 1. Raise it where callers stand in noise.",
            "voice": "Pick a known voice or type another. A call keeps the voice it began with.",
            "noise_reduction": "Filters the caller's sound before the model hears it.",
            "language": "Of the system's sentences and of the transcription.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "instructions": UnfoldAdminTextareaWidget(attrs={"rows": 16}),
            "first_message": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "voice": SuggestingInput(VOICES),
            "realtime_model": SuggestingInput(REALTIME),
            "transcription_model": SuggestingInput(TRANSCRIPTION),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, value in self.shown_of(self.instance).items():
            self.initial.setdefault(field, value)
        for field, key in SENTENCE_FIELDS.items():
            self.initial.setdefault(field, self.instance.sentences.get(key, ""))
        defaults = DEFAULTS.get(self.instance.language, DEFAULTS["en"])
        for field, key in {**SENTENCE_FIELDS, **_SHOWN_ELSEWHERE}.items():
            self.fields[field].widget.attrs["placeholder"] = defaults[key]

    def write_to(self, assistant: Assistant) -> None:
        """Put the typed fields back into the row's JSON; what they do not show stays."""
        self.write_settings_to(assistant)
        given = self.cleaned_data
        texts = {key: given[field].strip() for field, key in SENTENCE_FIELDS.items()}
        assistant.sentences = {key: text for key, text in texts.items() if text}

    def field_for(self, path: str) -> str:
        """Return the form field that shows the error of a dotted path of the spec."""
        first, _, rest = path.partition(".")
        if first == "sentences":
            return acts.SAID_WITH.get(rest, f"sentence_{rest}")
        if first == "tools_settings":
            return acts.field_of(rest)
        return first


for _field, _key in SENTENCE_FIELDS.items():
    AssistantForm.declared_fields[_field] = forms.CharField(
        required=False,
        max_length=SENTENCE_MAX,
        label=WHEN[_key],
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
