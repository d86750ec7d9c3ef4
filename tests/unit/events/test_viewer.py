"""What a page socket sends: in order, once, merged, bounded."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from voiceassist.foundation.events.viewer import (
    LOG_LENGTH,
    PASSING_LIMIT,
    Passing,
    TopicLog,
    Viewer,
)


def stored(seq: int, **data: Any) -> dict[str, Any]:
    return {"type": "call.updated", "seq": seq, "at": "", "data": data}


def delta(item: str, text: str, whole: str) -> dict[str, Any]:
    data = {"item_id": item, "delta": text, "text": whole}
    return {"type": "transcript.delta", "seq": None, "at": "", "data": data}


async def collect(viewer: Viewer, count: int) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    async for batch in viewer.batches():
        frames += batch
        if len(frames) >= count:
            return frames
    raise AssertionError("a viewer never ends by itself")


async def no_read(_seq: int) -> tuple[list[dict[str, Any]], bool]:
    raise AssertionError("the log reaches back far enough")


def test_log_forgets_the_oldest_and_says_from_where_it_is_whole() -> None:
    log = TopicLog(0)
    log.extend(stored(seq) for seq in range(1, LOG_LENGTH + 11))
    assert (log.floor, log.head) == (10, LOG_LENGTH + 10)
    assert [frame["seq"] for frame in log.after(LOG_LENGTH + 8)] == [
        LOG_LENGTH + 9,
        LOG_LENGTH + 10,
    ]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=30))
def test_deltas_of_one_item_join_into_one_frame(pieces: list[str]) -> None:
    passing = Passing()
    for index, piece in enumerate(pieces):
        passing.put(delta("a", piece, "".join(pieces[: index + 1])))
    frame = passing.pop()
    assert frame is not None
    assert frame["data"]["delta"] == frame["data"]["text"] == "".join(pieces)
    assert passing.pop() is None


def test_only_the_newest_level_is_kept_and_items_stay_apart() -> None:
    passing = Passing()
    for db in (-30, -20, -10):
        passing.put({"type": "audio.level", "seq": None, "at": "", "data": {"caller_db": db}})
    passing.put(delta("a", "x", "x"))
    passing.put(delta("b", "y", "y"))
    frames = []
    while frame := passing.pop():
        frames.append(frame["data"].get("caller_db", frame["data"].get("item_id")))
    assert frames == [-10, "a", "b"]


def test_what_waits_is_bounded() -> None:
    passing = Passing()
    for number in range(PASSING_LIMIT * 3):
        passing.put(delta(str(number), "x", "x"))
    kept = []
    while frame := passing.pop():
        kept.append(frame["data"]["item_id"])
    assert kept == [str(number) for number in range(PASSING_LIMIT * 2, PASSING_LIMIT * 3)]


async def test_stored_words_replace_the_partial_ones_that_wait() -> None:
    log = TopicLog(7)
    viewer = Viewer(log, 7, no_read)
    viewer.show(delta("a", "Hel", "Hel"))
    viewer.show(delta("b", "Yes", "Yes"))
    log.extend([stored(8, item_id="a", text="Hello")])
    frames = await asyncio.wait_for(collect(viewer, 2), 60)
    assert [(frame["seq"], frame["data"]["item_id"]) for frame in frames] == [(8, "a"), (8, "b")]


async def test_a_viewer_who_fell_behind_the_log_reads_rows_and_misses_nothing() -> None:
    rows = [stored(seq) for seq in range(1, 1201)]
    log = TopicLog(0)
    log.extend(rows)

    async def read(seq: int) -> tuple[list[dict[str, Any]], bool]:
        page = [row for row in rows if row["seq"] > seq][:200]
        return page, len(page) == 200

    frames = await asyncio.wait_for(collect(Viewer(log, 3, read), 1197), 60)
    assert [frame["seq"] for frame in frames] == list(range(4, 1201))


async def test_rows_stored_between_a_short_page_and_the_log_come_once() -> None:
    rows = [stored(5), stored(9)]
    log = TopicLog(9)
    asked: list[int] = []

    async def read(seq: int) -> tuple[list[dict[str, Any]], bool]:
        asked.append(seq)
        # Row 12 became visible after the log had started and is also in the log by now.
        log.extend([stored(12)])
        return [row for row in [*rows, stored(12)] if row["seq"] > seq], False

    viewer = Viewer(log, 0, read)
    log.extend([])
    frames = await asyncio.wait_for(collect(viewer, 3), 60)
    log.extend([stored(15)])
    viewer.wake()
    frames += await asyncio.wait_for(collect(viewer, 1), 60)
    assert [frame["seq"] for frame in frames] == [5, 9, 12, 15]
    assert asked == [0]


async def test_a_viewer_gets_twenty_frames_a_second_at_most() -> None:
    viewer = Viewer(TopicLog(0), 0, no_read)
    clock = asyncio.get_running_loop().time
    begun, times = clock(), list[float]()

    async def read_frames() -> None:
        async for _batch in viewer.batches():
            times.append(clock())

    async def speak() -> None:
        for number in range(100):
            viewer.show(delta("a", "x", "x" * number))
            await asyncio.sleep(0.005)

    reader = asyncio.create_task(read_frames())
    await speak()
    reader.cancel()
    assert 5 <= len(times) <= 20 * (clock() - begun) + 2
    # Between two frames lie one that may have been taken late, and the time until the next is due.
    assert all(later - earlier >= 0.045 for earlier, later in zip(times, times[2:], strict=False))
