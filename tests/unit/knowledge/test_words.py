"""What a question asks about: words that count, words that say the same, Spanish stems."""

import pytest

from voiceassist.knowledge.vocabulary import PHRASES, SAME
from voiceassist.knowledge.words import CONCEPTS_MAX, concepts, folded, for_index, spanish_stem


def asked(question, language="en"):
    return [each.word for each in concepts(question, language)]


def test_words_that_only_carry_a_question_are_left_out():
    assert asked("Hi, um, could you please tell me about the brakes?") == ["brakes"]


def test_a_question_of_nothing_else_keeps_them():
    assert asked("What is it?") == ["what", "is", "it"]


def test_nothing_but_signs_asks_nothing():
    assert asked("?!… --- \"'") == []


@pytest.mark.parametrize(
    ("word", "same"),
    [("refunds", "return"), ("delivering", "shipping"), ("loaner", "lend"), ("shipped", "deliver")],
)
def test_forms_of_a_word_have_its_synonyms(word, same):
    (concept,) = concepts(word, "en")
    assert same in concept.same
    assert word not in concept.same


def test_words_that_mean_something_together_are_heard_with_others_between():
    assert "return" in asked("I'd like to send the shoes back")
    assert "return" not in asked("I will send a letter, and my daughter comes back")


def test_a_question_without_end_is_bounded():
    assert len(concepts(" ".join(f"word{number}" for number in range(500)), "en")) == CONCEPTS_MAX


@pytest.mark.parametrize(
    ("one", "other"),
    [("garantía", "garantias"), ("entrega", "entregas"), ("reparación", "reparaciones"),
     ("devolver", "devolviendo"), ("cerrado", "cerradas")],
)  # fmt: skip
def test_spanish_forms_share_a_stem(one, other):
    first, second = (spanish_stem(folded(word)) for word in (one, other))
    assert first == second


def test_accents_are_taken_off_where_the_database_wants_no_stems():
    assert for_index("Crème brûlée!", "en", stems=False) == "creme brulee"
    assert for_index("Reparación", "es", stems=False) == "Reparación"


def test_the_vocabulary_holds_plain_lower_case_words():
    for lines in SAME.values():
        assert all(len(line.split()) > 1 for line in lines.strip().splitlines())
        assert lines == lines.lower()
    assert all(len(phrase.split()) > 1 for each in PHRASES.values() for phrase in each)
