"""Names of models and voices we know, as data, with the days on which they stop.

A name that is not here may still be right, since new ones appear often: it is noted, never refused.
Source: the vendor's published retirement dates, as of November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from voiceassist.assistants.spec import AssistantSpec


@dataclass(frozen=True)
class KnownModel:
    """A model; `retires_on` is its last day, `instead` what to use from then on."""

    retires_on: date | None = None
    instead: str = ""


_REALTIME_END = KnownModel(date(2027, 1, 20), "gpt-realtime-2.1")
_REALTIME_MINI_END = KnownModel(date(2027, 1, 20), "gpt-realtime-2.1-mini")
_TRANSCRIPTION_END = KnownModel(date(2027, 2, 26), "gpt-transcribe")

REALTIME: Mapping[str, KnownModel] = {
    "gpt-realtime-2.1": KnownModel(),
    "gpt-realtime-2.1-mini": KnownModel(),
    "gpt-realtime-2": KnownModel(),
    "gpt-realtime-1.5": KnownModel(),
    "gpt-realtime": _REALTIME_END,
    "gpt-realtime-2025-08-28": _REALTIME_END,
    "gpt-realtime-mini": _REALTIME_MINI_END,
    "gpt-realtime-mini-2025-12-15": _REALTIME_MINI_END,
}
TRANSCRIPTION: Mapping[str, KnownModel] = {
    "gpt-transcribe": KnownModel(),
    "gpt-live-transcribe": KnownModel(),
    "gpt-realtime-whisper": KnownModel(),
    "whisper-1": _TRANSCRIPTION_END,
    "gpt-4o-transcribe": _TRANSCRIPTION_END,
    "gpt-4o-mini-transcribe": _TRANSCRIPTION_END,
}
VOICES = (
    "marin", "cedar", "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse",
)  # fmt: skip


def warnings(spec: AssistantSpec, today: date) -> list[str]:
    """Return what staff should know of the names in `spec`, one sentence each; often nothing."""
    notes = [
        _of_model("voice model", spec.realtime_model, REALTIME, today),
        _of_model("transcription model", spec.transcription_model, TRANSCRIPTION, today),
    ]
    if spec.voice not in VOICES:
        notes.append(
            f"The voice {spec.voice} is not one we know ({', '.join(VOICES)}). "
            "If the vendor does not offer it, calls cannot start."
        )
    return [note for note in notes if note]


def _of_model(kind: str, name: str, known: Mapping[str, KnownModel], today: date) -> str:
    model = known.get(name)
    if model is None:
        return (
            f"The {kind} {name} is not one we know. "
            "If the name is misspelled, calls cannot start; make a test call."
        )
    if model.retires_on is None:
        return ""
    day = f"{model.retires_on:%B} {model.retires_on.day}, {model.retires_on.year}"
    if today > model.retires_on:
        return f"The {kind} {name} was switched off on {day}. Use {model.instead}."
    return f"The {kind} {name} will be switched off on {day}. Use {model.instead}."
