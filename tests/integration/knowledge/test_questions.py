"""Fifty questions as callers ask them: the text that answers is among the first three."""

import re

import pytest

from tests.factories.knowledge import DATA, make_collection, make_help_texts, questions
from tests.factories.organizations import make_organization
from voiceassist.knowledge.models import KnowledgeChunk
from voiceassist.knowledge.services.search import search


def _words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def _threes(text):
    words = _words(text)
    return set(zip(words, words[1:], words[2:], strict=False))


def _texts():
    found = {}
    for path in (DATA / "texts").glob("*.md"):
        for part in path.read_text().split("\n## ")[1:]:
            heading, _, body = part.partition("\n")
            found[heading] = f"{heading} {body}"
    return found


def test_the_set_is_what_it_claims():
    texts = _texts()
    assert len(texts) >= 60
    assert len(questions()) == len({question for question, _heading in questions()}) == 50
    assert {heading for _question, heading in questions()} <= set(texts)


def test_no_question_repeats_three_words_in_a_row_of_its_text():
    texts = _texts()
    assert not [
        (question, shared)
        for question, heading in questions()
        if (shared := _threes(question) & _threes(texts[heading]))
    ]


@pytest.mark.embedded
@pytest.mark.django_db
def test_the_right_text_is_among_the_first_three_for_nine_of_ten():
    organization = make_organization()
    make_help_texts(make_collection(organization))
    assert KnowledgeChunk.objects.of(organization).count() >= 60
    missed = [
        question
        for question, heading in questions()
        if heading
        not in {hit.heading.split(" › ")[-1] for hit in search(organization.pk, question)}
    ]
    assert len(missed) <= 5, missed
