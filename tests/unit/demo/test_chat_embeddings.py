"""Vectors of the stand-in: the same each time, near where words are shared, refused as in life."""

import math

import pytest

from voiceassist.demo.stand_ins.chat.embeddings import answer, vector
from voiceassist.demo.stand_ins.chat.errors import Refused

MODEL = "text-embedding-3-small"


def near(one, other):
    return sum(a * b for a, b in zip(vector(one), vector(other), strict=True))


def test_the_same_text_gives_the_same_vector_of_length_one():
    assert vector("We open at nine.") == vector("we OPEN at nine")
    assert math.hypot(*vector("We open at nine.")) == pytest.approx(1)
    assert len(vector("x", 64)) == 64
    assert not any(vector("..."))


def test_texts_that_share_words_are_nearer():
    asked = "when does the workshop open"
    assert near(asked, "the workshop opens at nine") > near(asked, "a refund takes five days") + 0.2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"model": "gpt-4o"}, 404),
        ({"model": None}, 404),
        ({"input": None}, 400),
        ({"input": ""}, 400),
        ({"input": []}, 400),
        ({"input": [1, 2]}, 400),
        ({"input": ["x"] * 2049}, 400),
        ({"dimensions": 0}, 400),
        ({"dimensions": 1537}, 400),
        ({"dimensions": True}, 400),
    ],
)
def test_what_is_refused(changes, status):
    with pytest.raises(Refused) as refused:
        answer({"model": MODEL, "input": "x", **changes})
    assert refused.value.status == status


def test_a_body_that_is_no_object():
    with pytest.raises(Refused, match="JSON body"):
        answer(None)


def test_sizes():
    assert len(answer({"model": MODEL, "input": "x"})["data"][0]["embedding"]) == 1536
    large = answer({"model": "text-embedding-3-large", "input": "x"})
    assert len(large["data"][0]["embedding"]) == 3072
