"""Hidden words survive what audio goes through on its way, and nothing else is read as words."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.demo import mulaw
from voiceassist.demo.watermark import MAX_PAYLOAD, Mark, embed, extract

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=120)
MARKS = st.builds(
    Mark, text=TEXTS, serial=st.integers(0, 255), scenario=st.sampled_from(["", "demo", "keys"])
)


def through_frames(audio: bytes, size: int) -> bytes:
    """As audio travels: cut up, each piece as base64, put together again."""
    pieces = [base64.b64encode(audio[at : at + size]) for at in range(0, len(audio), size)]
    return b"".join(base64.b64decode(piece) for piece in pieces)


@given(mark=MARKS, sound=st.binary(max_size=6000), size=st.integers(1, 700))
def test_words_survive_base64_and_any_cutting(mark, sound, size):
    assert extract(through_frames(embed(sound, mark), size)) == [mark]


@given(mark=MARKS, before=st.binary(max_size=900), after=st.binary(max_size=900))
def test_words_are_found_at_any_offset_among_other_sound(mark, before, after):
    # Sound around it may hold a mark only by a CRC's luck.
    assert mark in extract(before + embed(b"\x80" * 4000, mark) + after)


@given(first=MARKS, second=MARKS)
def test_two_utterances_are_read_in_order_each_once(first, second):
    audio = embed(b"\x80" * 20_000, first) + b"\xff" * 800 + embed(b"\x80" * 20_000, second)
    assert extract(audio) == ([first] if first == second else [first, second])


def test_half_of_a_long_utterance_is_enough():
    audio = embed(b"\x90" * 24_000, Mark("Where is my order?", 3, "demo"))
    assert extract(audio[9_001:])[0].text == "Where is my order?"


def test_a_changed_bit_loses_the_words_rather_than_changing_them():
    audio = bytearray(embed(b"", Mark("Where is my order?")))
    audio[100] ^= 1
    assert extract(bytes(audio)) == []


@given(sound=st.binary(max_size=4000))
def test_other_sound_holds_no_words(sound):
    assert extract(sound) == []


def test_words_change_the_sound_hardly_at_all():
    sound = bytes(range(256)) * 40
    marked = embed(sound, Mark("Hello"))
    assert max(abs(a - b) for a, b in zip(sound, marked, strict=True)) <= 1
    assert abs(mulaw.loudness(sound) - mulaw.loudness(marked)) < mulaw.loudness(sound) * 0.05


def test_too_long_a_text_is_refused():
    with pytest.raises(ValueError, match="4000 bytes"):
        embed(b"", Mark("a" * MAX_PAYLOAD))
