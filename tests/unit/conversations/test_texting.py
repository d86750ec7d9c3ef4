"""Text messages: how long texts are cut, and which words are obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.conversations.loop.texting import (
    MOST_PARTS,
    PART_MAX,
    command,
    parts,
    question,
    says_yes,
    sentence,
)

WORDS = st.lists(st.text("abcdé🙏.", min_size=1, max_size=40), max_size=600).map(" ".join)


@given(WORDS)
def test_parts_are_short_enough_and_lose_no_word(text):
    found = parts(text, most=1_000)
    assert all(0 < len(part) <= PART_MAX for part in found)
    assert " ".join(found).split() == text.split()


def test_a_text_is_cut_between_sentences_where_it_has_some():
    first = "It is on its way. " * 80
    found = parts(f"{first}It arrives on Monday. " * 2)
    assert all(part.endswith(".") for part in found) and len(found) == 2


def test_a_word_without_an_end_is_cut_all_the_same():
    assert [len(part) for part in parts("x" * 4_000)] == [1_600, 1_600, 800]


def test_an_answer_that_never_ends_is_ten_messages_and_says_so():
    found = parts("on and on " * 5_000)
    assert len(found) == MOST_PARTS and found[-1].endswith(" …")
    assert all(len(part) <= PART_MAX for part in found)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("STOP", "stop"), (" stop. ", "stop"), ("Unsubscribe", "stop"), ("Alto", "stop"),
     ("START", "start"), ("help!", "help"), ("Please stop the delivery", ""), ("", "")],
)  # fmt: skip
def test_only_a_word_alone_is_an_order(text, meant):
    assert command(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [("YES", True), ("Sí.", True), ("no", False), ("Yes, but later", None), ("", None)],
)
def test_only_a_word_alone_is_a_yes_or_no(text, meant):
    assert says_yes(text) is meant


def test_a_question_shows_all_of_the_arguments_in_the_assistants_language():
    asked = [("Cancel an order", {"order_id": "1042", "refund": True}), ("Say {goodbye}", {})]
    text = question(asked, "en")
    assert "- Cancel an order (order_id: 1042, refund: true)\n- Say {goodbye}" in text
    assert "YES or NO" in text and "SÍ o NO" in question(asked, "es")
    assert sentence("help", "de", name="Juniper").startswith("Juniper answers")


def test_a_question_is_read_in_the_order_in_which_the_tool_runs():
    asked = question([("Send a file", {"file": "\u202egnp.exe", "to": ["\u2066x"]})], "en")
    assert r'file: \u202egnp.exe, to: ["\u2066x"]' in asked
