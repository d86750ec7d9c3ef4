"""Server-sent events: however the bytes are cut, the same events; none without an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.foundation.providers.chat.events import (
    MAX_EVENT_BYTES,
    EventReader,
    EventTooLarge,
    WholeReader,
)

STREAM = (
    b": hello\n\n"
    b'event: chunk\ndata: {"a": 1}\n\n'
    b"data:first\r\ndata: second\r\n\r\n"
    b"id: 7\nretry: 5\n\n\n"
    b"data:\n\n"
    b"data: \xf0\x9f\x99\x8f\r\r"
    b"data: [DONE]\n\n"
)
EVENTS = [b'{"a": 1}', b"first\nsecond", b"", "🙏".encode(), b"[DONE]"]


def read(pieces):
    reader = EventReader()
    found = [event for piece in pieces for event in reader.feed(piece)]
    return found + list(reader.finish())


def test_comments_and_other_fields_are_dropped_and_lines_joined():
    assert read([STREAM]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_the_cuts_change_nothing(places):
    cuts = [0, *sorted(places), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]
    assert read(pieces) == EVENTS


def test_one_byte_at_a_time():
    assert read([STREAM[at : at + 1] for at in range(len(STREAM))]) == EVENTS


def test_a_last_event_without_its_blank_line_counts():
    assert read([b"data: one\n\ndata: two"]) == [b"one", b"two"]
    assert read([b"data: one\n\ndata: two\n"]) == [b"one", b"two"]


@pytest.mark.parametrize(
    "piece", [b"x" * 65_536, b"data: " + b"x" * 65_530, b"data: " + b"x" * 65_529 + b"\n"]
)
def test_an_event_without_an_end_is_given_up(piece):
    reader = EventReader()
    with pytest.raises(EventTooLarge):
        for _ in range(2 * MAX_EVENT_BYTES // len(piece)):
            assert list(reader.feed(piece)) == []


def test_many_events_of_a_size_that_is_allowed_are_no_trouble():
    reader = EventReader()
    event = b"data: " + b"x" * 1_000_000 + b"\n\n"
    assert sum(len(found) for _ in range(5) for found in reader.feed(event)) == 5_000_000


def test_an_answer_in_one_piece_has_a_limit_too():
    reader = WholeReader()
    assert list(reader.feed(b'{"a":')) == []
    assert list(reader.feed(b" 1}")) == []
    assert list(reader.finish()) == [b'{"a": 1}']
    with pytest.raises(EventTooLarge):
        list(reader.feed(b"x" * (MAX_EVENT_BYTES + 1)))
