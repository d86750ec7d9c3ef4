"""Patterns of a schema: matched anywhere in a text, never for longer than a pass over it."""

import time

import pytest

from tools_library.engine import patterns, schema
from tools_library.engine.errors import ToolArgumentsError


def parameters(**properties):
    return {"type": "object", "properties": properties}


def problems(value):
    return dict(schema.problems_of(value))


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|aa)*$", "^(([a-z])+.)+[A-Z]([a-z])+$", "a*a*b"]
)
def test_patterns_that_take_for_ever_elsewhere_take_no_time(pattern):
    wanted = parameters(code={"type": "string", "pattern": pattern})
    assert problems(wanted) == {}
    began = time.thread_time()
    with pytest.raises(ToolArgumentsError, match="code"):
        schema.accept(wanted, {"code": "a" * 40_000 + "!"})
    assert time.thread_time() - began < 20


def test_names_are_matched_the_same_way():
    evil = "^(a+)+$"
    wanted = {
        "type": "object",
        "patternProperties": {evil: {"type": "integer"}, "^x_": {"type": "string"}},
        "additionalProperties": False,
    }
    assert problems(wanted) == {}
    assert schema.accept(wanted, {"aaa": 1, "x_y": "z"}) == {"aaa": 1, "x_y": "z"}
    for wrong in ({"a" * 40_000 + "!": 1}, {"aaa": "no number"}, {"x_y": 1}):
        with pytest.raises(ToolArgumentsError):
            schema.accept(wanted, wrong)


def test_additional_names_fit_their_own_schema():
    wanted = {
        "type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "integer"},
    }  # fmt: skip
    assert schema.accept(wanted, {"a": "x", "b": 2}) == {"a": "x", "b": 2}
    with pytest.raises(ToolArgumentsError, match="`b` must be of type integer"):
        schema.accept(wanted, {"a": "x", "b": "y"})


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=a)b", "(?<!a)b", "x" * 1_001])
def test_what_cannot_be_matched_so_is_refused_at_save_by_its_path(pattern):
    wanted = parameters(code={"type": "array", "items": {"type": "string", "pattern": pattern}})
    assert set(problems(wanted)) == {"properties.code.items.pattern"}
    named = parameters(code={"type": "object", "patternProperties": {pattern: {}}})
    assert set(problems(named)) == {"properties.code.patternProperties"}


def test_a_property_may_be_called_pattern_and_a_default_may_hold_one():
    wanted = parameters(pattern={"type": "string", "default": {"pattern": "("}})
    assert problems(wanted) == {}


def test_a_pattern_is_found_anywhere_in_the_text():
    assert patterns.found_in(r"\d{3}", "call 123 now")
    assert not patterns.found_in(r"^\d{3}$", "call 123 now")
    assert not patterns.found_in("(", "(")
