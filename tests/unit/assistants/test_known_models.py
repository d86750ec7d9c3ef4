"""Warnings about models: before and after their last day, unknown names, never a refusal."""

from datetime import date

import pytest

from tests.factories.assistants import make_spec as spec
from voiceassist.assistants.models_known import warnings

TODAY = date(2026, 11, 21)


def test_current_names_need_no_warning() -> None:
    assert warnings(spec(), TODAY) == []


@pytest.mark.parametrize(
    ("field", "name", "expected"),
    [
        (
            "realtime_model",
            "gpt-realtime",
            "The voice model gpt-realtime will be switched off on January 20, 2027. "
            "Use gpt-realtime-2.1.",
        ),
        (
            "transcription_model",
            "whisper-1",
            "The transcription model whisper-1 will be switched off on February 26, 2027. "
            "Use gpt-transcribe.",
        ),
    ],
)
def test_a_model_that_ends_soon_names_its_day_and_successor(
    field: str, name: str, expected: str
) -> None:
    assert warnings(spec(**{field: name}), TODAY) == [expected]


def test_the_last_day_still_works() -> None:
    assert "will be" in warnings(spec(realtime_model="gpt-realtime"), date(2027, 1, 20))[0]


def test_after_the_last_day_the_model_is_gone() -> None:
    assert "was switched off" in warnings(spec(realtime_model="gpt-realtime"), date(2027, 1, 21))[0]


def test_unknown_names_are_noted_softly() -> None:
    notes = warnings(spec(realtime_model="gpt-realtime-9", voice="zephyr"), TODAY)
    assert [note.split(".")[0] for note in notes] == [
        "The voice model gpt-realtime-9 is not one we know",
        "The voice zephyr is not one we know (marin, cedar, alloy, ash, ballad, coral, echo, "
        "sage, shimmer, verse)",
    ]
