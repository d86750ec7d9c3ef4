"""How a call is put in order and how heard words are told from generated ones."""

from datetime import timedelta

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from calls.models import Call
from calls.reading.score import EventRow, RunRow, SpokenRow, heard_of, place, run_row
from tools_library.models import ToolExecution


def spoken(position: int, at_ms: int) -> SpokenRow:
    return SpokenRow(item_id=str(position), position=position, at_ms=at_ms)


def test_runs_stand_on_the_line_where_they_ran() -> None:
    rows = place(
        [spoken(2, 4000), spoken(1, 1000)],
        [RunRow(execution_id="r", at_ms=2500), EventRow("ended", 9000), EventRow("answered", 0)],
    )
    names = [getattr(row, "item_id", "") or getattr(row, "execution_id", "") for row in rows]
    assert names == ["", "1", "r", "2", ""]


def test_a_run_stands_where_the_call_asked_for_it_however_late_it_began() -> None:
    begin = timezone.now()
    call = Call(answered_at=begin)
    late = ToolExecution(tool_name="endCall", started_at=begin + timedelta(seconds=9), at_ms=1500)
    assert run_row(late, call).at_ms == 1500
    late.at_ms = None
    assert run_row(late, call).at_ms == 9000


def test_positions_win_over_times() -> None:
    assert [row.position for row in place([spoken(3, 100), spoken(2, 900)], [])] == [2, 3]


def test_heard_words_are_split_where_the_caller_cut_in() -> None:
    heard = heard_of("Thursday at eleven or later", "Thursday at eleven")
    assert (heard.heard, heard.unheard) == ("Thursday at eleven", " or later")
    assert (heard.heard_words, heard.words) == (3, 5)


def test_nothing_heard_and_differing_spacing() -> None:
    assert heard_of("All of it", "").unheard == "All of it"
    other = heard_of("It's  done, sir, now", "its done,")
    assert (other.heard, other.unheard) == ("It's done,", " sir, now")


@given(st.text(alphabet="ab ,é\u0629", max_size=40), st.integers(0, 40))
def test_no_word_is_lost_or_said_twice(text: str, cut: int) -> None:
    split = heard_of(text, text[:cut])
    letters = (split.heard + split.unheard).replace(" ", "")
    assert letters == text.replace(" ", "")
    assert split.heard_words <= len(text[:cut].split())
