"""What the model is told and what the system says, from a spec alone."""

import pytest

from tests.factories.assistants import make_spec as spec
from voiceassist.assistants import prompts
from voiceassist.assistants.choices import Language
from voiceassist.assistants.rendering import NAMES
from voiceassist.assistants.sentences import DEFAULTS, WHEN, sentence
from voiceassist.foundation.templating import check_names


@pytest.mark.parametrize("language", Language.values)
def test_every_language_has_every_sentence_with_known_names(language: str) -> None:
    assert set(DEFAULTS[language]) == set(WHEN)
    for text in DEFAULTS[language].values():
        check_names(text, NAMES)


def test_a_sentence_is_in_the_language_of_the_assistant() -> None:
    assert sentence(spec(language="es"), "still_there").startswith("¿Sigue usted ahí?")


def test_own_words_come_before_the_default() -> None:
    assert sentence(spec(sentences={"holding": "Just a second."}), "holding") == "Just a second."


def test_blank_own_words_count_as_none() -> None:
    assert sentence(spec(sentences={"holding": "  "}), "holding") == DEFAULTS["en"]["holding"]


def test_the_farewell_is_the_message_of_document_002() -> None:
    settings = {"end_call": {"enabled": True, "custom_message": "Ride safely."}}
    assert sentence(spec(tools_settings=settings), "farewell") == "Ride safely."


def test_a_sentence_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        sentence(spec(), "nonsense")


def test_the_model_is_told_the_instructions_filled_in() -> None:
    told = prompts.full_instructions(spec(), {"organization_name": "Harbour Books"})
    assert told.startswith("You work for Harbour Books.")
    assert "Speak English." in told


def test_the_instruction_of_a_call_is_added_and_is_no_template() -> None:
    told = prompts.full_instructions(spec(), {}, "Say ${organization_name} and ${")
    assert "In this call:\nSay ${organization_name} and ${" in told


def test_the_model_learns_when_it_may_end_the_call() -> None:
    settings = {"end_call": {"enabled": True, "scenarios": ["The caller says goodbye"]}}
    told = prompts.full_instructions(spec(tools_settings=settings), {})
    assert "endCall in these cases:\n- The caller says goodbye" in told


def test_the_model_learns_that_it_cannot_hang_up() -> None:
    told = prompts.full_instructions(spec(), {})
    assert "You cannot hang up" in told
    assert "endCall" not in told


def test_the_first_message_is_filled_in() -> None:
    words = spec(first_message="${organization_name}, good morning. ")
    assert prompts.first_message(words, {"organization_name": "Harbour Books"}) == (
        "Harbour Books, good morning."
    )
