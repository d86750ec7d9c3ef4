"""Whatever comes in, what is kept can be stored and sent as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.engine.merging import merge

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(
        st.characters(exclude_categories=())
    ) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=())) | st.integers(), inner, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(ANYTHING)
def test_the_result_is_strict_json_that_databases_take(value):
    text = json.dumps(clean(value), allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode("utf-8")


@given(ANYTHING)
def test_cleaning_twice_changes_nothing_more(value):
    once = clean(value)
    assert clean(once) == once


def test_ordinary_values_stay_as_they_are():
    value = {"a": [1, 2.5, True, None, "ñ 😀"], "b": {"c": []}}
    assert clean(value) == value


def test_depth_size_and_digits_are_bounded():
    deep = []
    for _ in range(100):
        deep = [deep]
    for bad in (deep, "x" * 1_000_001, 10**400):
        with pytest.raises(Uncleanable):
            clean(bad)


def test_what_holds_itself_or_one_thing_many_times_over_is_refused_at_once():
    circle, many = {}, "laughs"
    circle["left"] = circle["right"] = circle
    for _ in range(30):
        many = [many, many]
    for bad in (circle, many):
        with pytest.raises(Uncleanable):
            clean(bad)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_follows_the_examples_of_rfc_7396(target, patch, result):
    assert merge(target, patch) == result
