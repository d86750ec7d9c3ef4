"""Saving an assistant's draft, and reading it as a spec; imports the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pydantic import ValidationError as SpecError

from voiceassist.assistants.choices import TurnDetection
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.models.assistant import FIRST_MESSAGE_MAX, INSTRUCTIONS_MAX
from voiceassist.assistants.rendering import NAMES
from voiceassist.assistants.sentences import WHEN
from voiceassist.assistants.spec import AssistantSpec
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.templating import TemplateError, check_names

_FIELD_OF = {
    "threshold": "vad_threshold",
    "prefix_padding_ms": "vad_prefix_padding_ms",
    "silence_duration_ms": "vad_silence_duration_ms",
    "idle_timeout_ms": "vad_idle_timeout_ms",
    "eagerness": "vad_eagerness",
}
SENTENCE_MAX = 500


@transaction.atomic
def save(assistant: Assistant) -> Assistant:
    """Store the draft; calls change only when it is published.

    The organization's first assistant becomes its default.

    Raises:
        InvalidInput: names each field that must change.
    """
    check(assistant)
    _check_taken(assistant)
    try:
        with transaction.atomic():
            assistant.save()
    except IntegrityError:  # one of its names was taken a moment ago
        _check_taken(assistant)
        raise
    organization = assistant.organization
    if organization.default_assistant_id is None:
        organization.default_assistant = assistant
        organization.save(update_fields=["default_assistant", "updated_at"])
    return assistant


def check(assistant: Assistant) -> AssistantSpec:
    """Return the draft as the spec it would be published as; asks the database nothing.

    Raises:
        InvalidInput: names each field that must change.
    """
    errors = _of_columns(assistant) | _of_words(assistant)
    spec = None
    try:
        spec = AssistantSpec.model_validate(_as_data(assistant))
    except SpecError as error:
        for each in error.errors():
            field = _field(each["loc"])
            if not any(known.startswith(field) or field.startswith(known) for known in errors):
                errors[field] = _words_of(each)
    if errors or spec is None:
        raise InvalidInput(errors)
    return spec


def _of_columns(assistant: Assistant) -> dict[str, str]:
    try:
        assistant.clean_fields(exclude=["organization", "created_by", "published_version"])
    except ValidationError as error:
        return {field: " ".join(texts) for field, texts in error.message_dict.items()}
    if assistant.slug.isdigit():  # `finding.find` takes it for an id
        text = (
            f"Digits alone would be an assistant's id; add a letter, as in desk-{assistant.slug}."
        )
        return {"slug": text}
    return {}


def _check_taken(assistant: Assistant) -> None:
    """Judge the names by which programs and pages find one assistant.

    Raises:
        InvalidInput: another one has it.
    """
    if _slug_taken(assistant):
        text = f"Another assistant is called {assistant.slug}; choose another short name."
        raise InvalidInput({"slug": text})
    if _class_name_taken(assistant):
        text = f"Another assistant has the class name {assistant.agent_class_name}."
        raise InvalidInput({"agent_class_name": f"{text} Choose another one, or leave it empty."})


def _slug_taken(assistant: Assistant) -> bool:
    others = Assistant.objects.of(assistant.organization_id).exclude(pk=assistant.pk)
    return others.filter(slug=assistant.slug).exists()


def _class_name_taken(assistant: Assistant) -> bool:
    others = Assistant.objects.of(assistant.organization_id).exclude(pk=assistant.pk)
    name = assistant.agent_class_name
    return bool(name) and others.filter(agent_class_name=name).exists()


def _of_words(assistant: Assistant) -> dict[str, str]:
    errors = {}
    if not assistant.instructions.strip():
        errors["instructions"] = "Say who the assistant is and what it does."
    limits = {"instructions": INSTRUCTIONS_MAX, "first_message": FIRST_MESSAGE_MAX}
    for field, limit in limits.items():
        errors |= _of_text(field, getattr(assistant, field), limit)
    errors |= _of_settings(assistant.tools_settings)
    if not isinstance(assistant.sentences, Mapping):
        return errors | {"sentences": "Write a JSON object: name of the sentence → its words."}
    for key, text in assistant.sentences.items():
        if key in WHEN:
            errors |= _of_text(f"sentences.{key}", text, SENTENCE_MAX)
        else:
            known = ", ".join(WHEN)
            errors[f"sentences.{key}"] = f"There is no such sentence. Known: {known}."
    return errors


def _of_settings(stored: Any) -> dict[str, str]:
    """Judge the words that `tools_settings` makes the assistant say; their shape is the spec's."""
    errors: dict[str, str] = {}
    for part in ("end_call", "transfer_call"):
        settings = stored.get(part) if isinstance(stored, Mapping) else None
        words = settings.get("custom_message") if isinstance(settings, Mapping) else None
        if isinstance(words, str):
            errors |= _of_text(f"tools_settings.{part}.custom_message", words, SENTENCE_MAX)
    return errors


def _of_text(field: str, text: Any, limit: int) -> dict[str, str]:
    if not isinstance(text, str):
        return {field: "Write text."}
    if len(text) > limit:
        return {field: f"This has {len(text)} characters; shorten it to at most {limit}."}
    try:
        check_names(text, NAMES)
    except TemplateError as error:
        return {field: error.public_message}
    return {}


def _as_data(assistant: Assistant) -> dict[str, Any]:
    plain = (
        "name", "slug", "instructions", "first_message", "first_message_interruptible", "language",
        "voice", "realtime_model", "transcription_model", "silence_timeout_seconds",
        "max_duration_seconds", "tools_settings",
    )  # fmt: skip
    return {name: getattr(assistant, name) for name in plain} | {
        "turn_detection": _turn_detection(assistant),
        "noise_reduction": assistant.noise_reduction or None,
        "sentences": _own_sentences(assistant.sentences),
    }


def _own_sentences(stored: Any) -> Any:
    if not isinstance(stored, Mapping):
        return stored
    return {key: text for key, text in stored.items() if not isinstance(text, str) or text.strip()}


def _turn_detection(assistant: Assistant) -> dict[str, Any]:
    common = {
        "type": assistant.turn_detection,
        "interrupt_response": assistant.interrupt_response,
    }
    if assistant.turn_detection == TurnDetection.SEMANTIC_VAD:
        return common | {"eagerness": assistant.vad_eagerness}
    return common | {
        "threshold": assistant.vad_threshold,
        "prefix_padding_ms": assistant.vad_prefix_padding_ms,
        "silence_duration_ms": assistant.vad_silence_duration_ms,
        "idle_timeout_ms": assistant.vad_idle_timeout_ms,
    }


def _words_of(error: Any) -> str:
    """Return what is wrong, without what pydantic puts before our own words."""
    text = str(error["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."


def _field(location: tuple[int | str, ...]) -> str:
    if location[0] == "turn_detection":
        return _FIELD_OF.get(str(location[-1]), "turn_detection")
    return ".".join(str(part) for part in location)
