"""The phone's buffer on a virtual clock: order, marks, `clear`, the ten minutes."""

from hypothesis import given
from hypothesis import strategies as st

from voiceassist.demo.caller.playback import BYTES_PER_SECOND, Playback


def seconds(count: float) -> int:
    return int(count * BYTES_PER_SECOND)


def test_audio_plays_in_order_and_in_real_time():
    playback = Playback()
    assert playback.media(seconds(1), 10.0) == 10.0
    assert playback.media(seconds(0.5), 10.2) == 11.0
    assert playback.playing(11.4)
    assert not playback.playing(11.5)
    assert playback.quiet_s(12.0) == 0.5
    assert [(run.start, run.end) for run in playback.runs] == [(10.0, 11.5)]


def test_silence_begins_a_new_run():
    playback = Playback()
    playback.media(seconds(1), 0.0)
    assert playback.media(seconds(1), 5.0) == 5.0
    assert len(playback.runs) == 2
    assert playback.played_s(5.25) == 0.25


def test_a_mark_is_due_when_all_before_it_was_played():
    playback = Playback()
    playback.media(seconds(1), 0.0)
    playback.mark("a", 0.1)
    playback.media(seconds(1), 0.2)
    playback.mark("b", 0.3)
    assert playback.take_due(0.99) == []
    assert [mark.name for mark in playback.take_due(1.0)] == ["a"]
    assert playback.next_due() == 2.0
    assert [mark.name for mark in playback.take_due(2.0)] == ["b"]
    assert playback.next_due() is None


def test_a_mark_behind_nothing_is_due_at_once():
    playback = Playback()
    playback.mark("empty", 3.0)
    assert [mark.name for mark in playback.take_due(3.0)] == ["empty"]


def test_clear_flushes_marks_and_says_how_much_was_played():
    playback = Playback()
    playback.media(seconds(4), 0.0)
    playback.mark("a", 0.0)
    playback.mark("b", 0.0)
    cleared = playback.clear(1.5)
    assert (round(cleared.played_ms), round(cleared.lost_ms)) == (1500, 2500)
    assert [(mark.name, mark.flushed) for mark in cleared.marks] == [("a", True), ("b", True)]
    assert not playback.playing(1.5)
    assert playback.take_due(9.0) == []


def test_clear_with_nothing_left_loses_nothing():
    playback = Playback()
    playback.media(seconds(1), 0.0)
    cleared = playback.clear(3.0)
    assert (round(cleared.played_ms), cleared.lost_ms) == (1000, 0.0)


def test_audio_after_clear_plays_at_once():
    playback = Playback()
    playback.media(seconds(60), 0.0)
    playback.clear(1.0)
    assert playback.media(seconds(1), 1.0) == 1.0
    assert len(playback.runs) == 2


def test_more_than_ten_minutes_do_not_fit():
    playback = Playback()
    assert playback.media(seconds(599), 0.0) is not None
    assert playback.media(seconds(2), 0.0) is None
    assert playback.media(seconds(2), 2.0) is not None


STEP = st.tuples(
    st.sampled_from(["media", "mark", "clear", "wait"]), st.integers(min_value=1, max_value=4000)
)


@given(st.lists(STEP, max_size=60))
def test_whatever_comes_every_mark_is_echoed_once_in_order_and_nothing_plays_twice(steps):
    playback, now, sent, echoed, received = Playback(), 0.0, [], [], 0
    for kind, size in steps:
        if kind == "media":
            playback.media(size, now)
            received += size
        elif kind == "mark":
            sent.append(f"m{len(sent)}")
            playback.mark(sent[-1], now)
        elif kind == "clear":
            echoed += [mark.name for mark in playback.clear(now).marks]
        else:
            now += size / BYTES_PER_SECOND
        due = playback.take_due(now)
        assert all(mark.due <= now + 1e-3 for mark in due)
        echoed += [mark.name for mark in due]
    echoed += [mark.name for mark in playback.take_due(now + 1000)]
    assert echoed == sent
    ends = [0.0]
    for run in playback.runs:
        assert ends[-1] <= run.start <= run.end
        ends.append(run.end)
    played = sum(run.end - run.start for run in playback.runs)
    assert played <= received / BYTES_PER_SECOND + 1e-6
