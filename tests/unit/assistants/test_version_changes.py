"""Differences between two published configurations, as people read them."""

from voiceassist.assistants.changes import Change, changes


def test_equal_configurations_differ_in_nothing() -> None:
    assert changes({"a": {"b": 1}}, {"a": {"b": 1}}) == []


def test_a_changed_line_shows_both_sides_and_keeps_its_neighbours() -> None:
    found = changes({"first_message": "One\nTwo"}, {"first_message": "One\nThree"})
    assert found == [
        Change("first message", (("span", "One"), ("del", "Two"), ("ins", "Three"))),
    ]


def test_nested_fields_are_named_by_their_path() -> None:
    found = changes({"turn_detection": {"threshold": 0.5}}, {"turn_detection": {"threshold": 0.7}})
    assert found == [Change("turn detection.threshold", (("del", "0.5"), ("ins", "0.7")))]


def test_a_field_that_came_or_went_is_shown() -> None:
    found = changes({"a": {"old": "x"}}, {"a": {"new": "y"}})
    assert found == [
        Change("a.new", (("ins", "y"),)),
        Change("a.old", (("del", "x"),)),
    ]
