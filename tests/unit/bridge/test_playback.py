"""The ledger: what was heard is never guessed upwards."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from calls.bridge.playback import MARK_EVERY_MS, Playback


def audio(ms: float) -> str:
    return base64.b64encode(b"\x7f" * round(ms * 8)).decode()


def ledger(ms: int = 0) -> Playback:
    playback = Playback()
    playback.tick(ms, 0.0)
    return playback


def play(playback: Playback, ms: int, now: float) -> None:
    playback.tick(ms, now)


def test_whole_frames_pass_untouched_and_a_mark_follows_every_200_ms():
    playback = ledger()
    payloads, marks = [], []
    for _ in range(25):
        sending = playback.add("r1", "i1", 0, audio(20), 0.0)
        payloads.append(sending.payload)
        marks.append(sending.mark)
    assert payloads == [audio(20)] * 25
    assert [bool(mark) for mark in marks].count(True) == 25 * 20 // MARK_EVERY_MS
    assert playback.end_item("i1", 0.0).mark


def test_ragged_pieces_are_joined_into_whole_frames_and_the_rest_comes_at_the_end():
    playback = ledger()
    first = playback.add("r1", "i1", 0, audio(25), 0.0)
    second = playback.add("r1", "i1", 0, audio(25), 0.0)
    last = playback.end_item("i1", 0.0)
    sizes = [len(base64.b64decode(s.payload)) for s in (first, second, last)]
    assert sizes == [160, 160, 80]
    assert playback.items["i1"].sent_ms == 50


def test_heard_follows_the_callers_clock_between_marks():
    playback = ledger()
    playback.add("r1", "i1", 0, audio(400), 0.0)
    play(playback, 120, 0.120)
    assert playback.heard_ms("i1", 0.120) == 120
    assert 120 < playback.heard_ms("i1", 0.135) <= 136
    assert playback.heard_ms("i1", 5.0) == 160, "frames are missing: no further than 40 ms"


def test_a_mark_that_is_late_holds_heard_back():
    playback = ledger()
    first = playback.add("r1", "i1", 0, audio(200), 0.0)
    playback.add("r1", "i1", 0, audio(200), 0.0)
    play(playback, 380, 0.38)
    assert playback.heard_ms("i1", 0.38) == 200
    playback.acknowledge(first.mark, 0.38)
    assert playback.heard_ms("i1", 0.38) == 200
    play(playback, 480, 0.48)
    assert playback.heard_ms("i1", 0.48) == 300


def test_a_second_item_starts_only_after_the_first():
    playback = ledger()
    playback.add("r1", "i1", 0, audio(200), 0.0)
    playback.end_item("i1", 0.0)
    playback.add("r1", "i2", 0, audio(200), 0.0)
    play(playback, 100, 0.1)
    assert playback.heard_ms("i1", 0.1) == 100
    assert playback.heard_ms("i2", 0.1) == 0


def test_clear_tells_what_was_heard_of_each_item_and_flushed_marks_prove_nothing():
    playback = ledger()
    first = playback.add("r1", "i1", 0, audio(200), 0.0)
    playback.end_item("i1", 0.0)
    second = playback.add("r2", "i2", 0, audio(200), 0.0)
    play(playback, 60, 0.06)
    heard = playback.clear(0.06)
    assert [(h.item_id, round(h.heard_ms), h.whole) for h in heard] == [
        ("i1", 60, False),
        ("i2", 0, False),
    ]
    assert playback.acknowledge(first.mark, 0.07) == []
    assert playback.acknowledge(second.mark, 0.07) == []
    assert playback.heard_ms("i1", 9.0) == heard[0].heard_ms
    assert not playback.busy()


def test_an_item_is_heard_to_its_end_only_when_its_last_mark_is_back():
    playback = ledger()
    first = playback.add("r1", "i1", 0, audio(200), 0.0)
    last = playback.add("r1", "i1", 0, audio(100), 0.0)
    assert not last.mark
    closing = playback.end_item("i1", 0.0)
    assert playback.acknowledge(first.mark, 0.2) == []
    assert playback.acknowledge(closing.mark, 0.3) == ["i1"]


def test_unknown_and_repeated_marks_change_nothing():
    playback = ledger()
    first = playback.add("r1", "i1", 0, audio(200), 0.0)
    playback.add("r1", "i1", 0, audio(200), 0.0)
    assert playback.acknowledge("7:7", 0.1) == []
    playback.acknowledge(first.mark, 0.2)
    assert playback.acknowledge(first.mark, 0.3) == []
    assert playback.items["i1"].acknowledged_ms == 200


def test_a_lost_mark_is_given_up_long_after_its_audio():
    playback = ledger()
    playback.add("r1", "i1", 0, audio(200), 0.0)
    playback.end_item("i1", 0.0)
    play(playback, 2_100, 2.1)
    assert not playback.overdue(2.1)
    play(playback, 2_300, 2.3)
    assert playback.overdue(2.3)
    assert playback.assume_played() == ["i1"]


@given(
    pieces=st.lists(st.integers(1, 900), max_size=30),
    times=st.lists(st.integers(0, 200), max_size=40),
)
def test_heard_never_exceeds_sent(pieces, times):
    playback, now_ms = ledger(), 0
    for index, piece in enumerate(pieces):
        playback.add(
            "r", f"i{index // 4}", 0, base64.b64encode(b"x" * piece).decode(), now_ms / 1e3
        )
    for step in times:
        now_ms += step
        playback.tick(now_ms, now_ms / 1000)
        for item in playback.items.values():
            assert 0 <= playback.heard_ms(item.item_id, now_ms / 1000) <= item.sent_ms
