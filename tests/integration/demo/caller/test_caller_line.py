"""The simulated phone on real sockets: what goes over the wire, and when."""

import asyncio
import base64

import pytest

from voiceassist.demo import scenario as scenarios
from voiceassist.demo import watermark

SECOND = b"\x20" * 8000
STALL_MS = 400  # for so long a busy machine may let either side wait


def words_at(socket):
    """When words arrived, which are louder than the line's noise; seconds."""
    return [
        at
        for at, message in socket.messages
        if message["event"] == "media"
        and {0x10, 0x11} & set(base64.b64decode(message["media"]["payload"]))
    ]


async def test_frames_go_out_every_20_ms_with_the_stream_s_own_clock(product, caller):
    report = await caller(scenarios.Wait(ms=1000), scenarios.HangUp()).run()
    (socket,) = product.sockets
    await socket.until(lambda: socket.closed_with is not None)
    kinds = [message["event"] for _, message in socket.messages]
    assert kinds[:2] == ["connected", "start"]
    assert kinds[-1] == "stop"
    start = socket.named("start")[0]
    assert start["start"]["callSid"] == report.call_sid
    assert start["start"]["customParameters"] == {"token": "t1"}
    assert start["streamSid"] == start["start"]["streamSid"] == report.stream_sids[0]
    media = socket.named("media")
    assert len(media) >= 48
    assert report.frames_out == len(media)
    stamps = [int(each["media"]["timestamp"]) for each in media]
    assert stamps == list(range(stamps[0], stamps[0] + 20 * len(stamps), 20))
    numbers = [int(message["sequenceNumber"]) for _, message in socket.messages[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    arrivals = [at for at, message in socket.messages if message["event"] == "media"]
    assert arrivals[-1] - arrivals[0] > 0.01 * len(media), "as it is spoken, not all at once"


async def test_marks_come_back_when_everything_before_them_was_played(product, caller):
    sent = {}

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.mark("empty")
        sent["audio"] = await socket.play(SECOND)
        await socket.mark("a")
        await socket.play(SECOND[:4000])
        await socket.mark("b")
        await socket.until(lambda: len(socket.named("mark")) == 3)
        await socket.close()

    product.talks = [talk]
    report = await caller(scenarios.WaitForEnd()).run()
    (socket,) = product.sockets
    echoes = [(at, m["mark"]["name"]) for at, m in socket.messages if m["event"] == "mark"]
    assert [name for _, name in echoes] == ["empty", "a", "b"]
    assert echoes[0][0] < sent["audio"] + 0.9, "nothing was to be played before it"
    assert echoes[1][0] > sent["audio"] + 0.94
    assert echoes[2][0] > sent["audio"] + 1.44
    assert [mark.flushed for mark in report.marks] == [False, False, False]
    assert report.played_ms == 1500


async def test_clear_brings_all_marks_back_and_is_measured(product, caller):
    times = {}

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        times["play"] = await socket.play(SECOND * 4)
        await socket.mark("a")
        await socket.mark("b")
        await asyncio.sleep(0.7)
        times["clear"] = await socket.send(event="clear")
        await socket.until(lambda: len(socket.named("mark")) == 2)
        await socket.close()

    product.talks = [talk]
    report = await caller(scenarios.WaitForEnd()).run()
    (socket,) = product.sockets
    echoes = [at for at, message in socket.messages if message["event"] == "mark"]
    assert max(echoes) - times["clear"] < 3, "not once all would have been played"
    truth = (times["clear"] - times["play"]) * 1000
    assert report.played_ms_at_clear == [pytest.approx(truth, abs=STALL_MS)]
    (clear,) = report.clears
    assert clear.played_ms + clear.lost_ms == pytest.approx(4000, abs=2)
    assert [mark.flushed for mark in report.marks] == [True, True]


async def test_what_the_phone_company_ignores_is_a_warning_and_no_more(product, caller):
    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.send_bytes(b"\x00")
        await socket.send(event="hello")
        await socket.send(event="clear", extra=1)
        await socket.send(event="clear", streamSid="MZother")
        await socket.mark("still here")
        await socket.until(lambda: socket.named("mark"))
        await socket.close()

    product.talks = [talk]
    report = await caller(scenarios.WaitForEnd()).run()
    assert [each.code for each in report.warnings] == ["31950", "31951", "31951", "31951"]
    assert report.clears == []


async def test_more_than_ten_minutes_of_audio_are_dropped(product, caller):
    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        for _ in range(13):
            await socket.play(SECOND * 50)
        await socket.mark("after")
        await socket.send(event="clear")
        await socket.until(lambda: socket.named("mark"))
        await socket.close()

    product.talks = [talk]
    report = await caller(scenarios.WaitForEnd()).run()
    assert [each.code for each in report.warnings] == ["31931"]
    assert report.clears[0].lost_ms == pytest.approx(600_000, abs=1000)


async def test_words_travel_in_the_audio(product, caller):
    report = await caller(scenarios.Speak(text="Where is my order?"), scenarios.HangUp()).run()
    (socket,) = product.sockets
    marks = watermark.extract(socket.audio())
    assert [(mark.text, mark.scenario) for mark in marks] == [("Where is my order?", "test")]
    assert [(words.who, words.text) for words in report.words] == [("caller", "Where is my order?")]


async def test_the_latency_of_an_answer_counts_from_the_caller_s_last_word(product, caller):
    answered = []

    async def talk(socket):
        await socket.until(lambda: words_at(socket))
        await asyncio.sleep(0.8)
        answered.append(await socket.play(SECOND))

    product.talks = [talk]
    steps = (scenarios.Speak(text="Hi"), scenarios.Listen(quiet_ms=50), scenarios.HangUp())
    report = await caller(*steps).run()
    (latency,) = report.turn_latency_ms
    last_word = words_at(product.sockets[0])[-1]
    assert latency == pytest.approx((answered[0] - last_word) * 1000, abs=STALL_MS)
    assert report.first_greeting_ms is not None


async def test_the_caller_waits_talks_over_the_assistant_and_measures_its_silence(product, caller):
    times = {}

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        times["play"] = await socket.play(SECOND * 5)
        await socket.until(lambda: words_at(socket))
        await asyncio.sleep(0.2)
        times["clear"] = await socket.send(event="clear")

    product.talks = [talk]
    steps = (scenarios.BargeIn(text="Stop", after_ms=600), scenarios.HangUp())
    report = await caller(*steps).run()
    (silent_after,) = report.barge_in_ms
    truth = (times["clear"] - words_at(product.sockets[0])[0]) * 1000
    assert silent_after == pytest.approx(truth, abs=STALL_MS)
    truth = (times["clear"] - times["play"]) * 1000
    assert report.played_ms_at_clear == [pytest.approx(truth, abs=STALL_MS)]


async def test_keys_are_pressed_one_by_one(product, caller):
    report = await caller(scenarios.Keys(digits="1#"), scenarios.HangUp()).run()
    (socket,) = product.sockets
    assert [each["dtmf"]["digit"] for each in socket.named("dtmf")] == ["1", "#"]
    assert report.keys == "1#"


async def test_the_caller_listens_until_words_were_heard(product, caller):
    speech = watermark.embed(SECOND * 4, watermark.Mark("We open at nine, and close at six."))

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.play(speech)

    product.talks = [talk]
    steps = (scenarios.Listen(words="open at nine", quiet_ms=0), scenarios.HangUp())
    report = await caller(*steps).run()
    assert 800 < report.duration_ms < 3500, "not to the end of what is said"
    assert [words.text for words in report.words] == ["We open at nine, and close at six."]


async def test_a_recording_is_played_whole(product, caller):
    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.play(SECOND[:800])
        await socket.until(lambda: b"\x33" * 4000 in socket.audio())
        await asyncio.sleep(0.1)
        await socket.play(SECOND[:800])

    product.talks = [talk]
    report = await caller(scenario=None, audio=b"\x33" * 4000).run()
    assert b"\x33" * 4000 in product.sockets[0].audio()
    assert report.ended_by == "caller"
    assert len(report.turn_latency_ms) == 1
