"""The simulated phone on real sockets: what goes over the wire, and when."""

import asyncio
import base64
import time

import pytest

from voiceassist.demo import scenario as scenarios
from voiceassist.demo import watermark

SECOND = b"\x20" * 8000
FRAME = 0.02


def words_at(socket):
    """When words arrived, which are louder than the line's noise; seconds."""
    return [
        at
        for at, message in socket.messages
        if message["event"] == "media"
        and {0x10, 0x11} & set(base64.b64decode(message["media"]["payload"]))
    ]


def frames_until(socket, words):
    """How many frames the caller had sent with the last of these words; one is due every 20 ms."""
    arrived = [at for at, message in socket.messages if message["event"] == "media"]
    return arrived.index(words[-1]) + 1


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
    took = arrivals[-1] - socket.accepted_at
    assert took > 0.01 * len(media), "as it is spoken, not all at once"


async def test_marks_come_back_when_everything_before_them_was_played(product, caller):
    sent = {}

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.mark("empty")  # comes back by itself: nothing is to be played before it
        await socket.until(lambda: socket.named("mark"))
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
    assert echoes[1][0] > sent["audio"] + 0.94
    assert echoes[2][0] > sent["audio"] + 1.44
    assert [mark.flushed for mark in report.marks] == [False, False, False]
    assert report.played_ms == 1500


class Played:
    """Audio that is cleared: between which moments the caller began and ceased to hear it."""

    def __init__(self, seconds):
        self.audio = watermark.embed(SECOND * seconds, watermark.Mark("Good morning."))
        self.heard = asyncio.Event()

    def listen(self, kind, text):
        """Be told by the caller of what it hears."""
        if kind == "heard" and not self.heard.is_set():
            self.begun_by = time.monotonic()
            self.heard.set()

    async def play(self, socket):
        self.begun_after = time.monotonic()
        await socket.play(self.audio)
        await self.heard.wait()

    async def clear(self, socket, marks):
        self.ceased_after = time.monotonic()
        await socket.send(event="clear")
        await socket.until(lambda: len(socket.named("mark")) == marks)
        self.ceased_by = time.monotonic()

    def fits(self, played_ms):
        """Whether so much may have been played, however long anybody was kept waiting."""
        least, most = self.ceased_after - self.begun_by, self.ceased_by - self.begun_after
        return least - 0.001 <= played_ms / 1000 <= most + 0.001


async def test_clear_brings_all_marks_back_and_is_measured(product, caller):
    played = Played(10)

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await played.play(socket)
        await socket.mark("a")
        await socket.mark("b")
        await asyncio.sleep(0.5)
        await played.clear(socket, 2)
        await socket.close()

    product.talks = [talk]
    report = await caller(scenarios.WaitForEnd(), on_event=played.listen).run()
    (at_clear,) = report.played_ms_at_clear
    assert at_clear > 500 and played.fits(at_clear)
    (clear,) = report.clears
    assert clear.lost_ms > 0, "not once all would have been played"
    assert clear.played_ms + clear.lost_ms == pytest.approx(10_000, abs=2)
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
        answered.append(time.monotonic())
        await socket.play(SECOND)

    product.talks = [talk]
    steps = (scenarios.Speak(text="Hi"), scenarios.Listen(quiet_ms=50), scenarios.HangUp())
    report = await caller(*steps).run()
    (latency,) = report.turn_latency_ms
    (socket,) = product.sockets
    words = words_at(socket)
    sent_by, sent_after = (
        words[-1] + FRAME,
        socket.accepted_at + FRAME * frames_until(socket, words),
    )
    heard_by = next(at for at, message in socket.messages if message["event"] == "stop") - 1
    assert answered[0] - sent_by - 0.001 <= latency / 1000 <= heard_by - sent_after + 0.001
    assert report.first_greeting_ms is not None


async def test_the_caller_waits_talks_over_the_assistant_and_measures_its_silence(product, caller):
    played = Played(10)

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await played.play(socket)
        await socket.mark("a")
        await socket.until(lambda: words_at(socket))
        await asyncio.sleep(0.2)
        await played.clear(socket, 1)

    product.talks = [talk]
    steps = (scenarios.BargeIn(text="Stop", after_ms=600), scenarios.HangUp())
    report = await caller(*steps, on_event=played.listen).run()
    (silent_after,) = report.barge_in_ms
    (socket,) = product.sockets
    first = words_at(socket)[:1]
    said_after = socket.accepted_at + FRAME * (frames_until(socket, first) - 1)
    least, most = played.ceased_after - first[0], played.ceased_by - said_after
    assert least - 0.001 <= silent_after / 1000 <= most + 0.001
    (at_clear,) = report.played_ms_at_clear
    assert at_clear > 600 and played.fits(at_clear)


async def test_keys_are_pressed_one_by_one(product, caller):
    report = await caller(scenarios.Keys(digits="1#"), scenarios.HangUp()).run()
    (socket,) = product.sockets
    assert [each["dtmf"]["digit"] for each in socket.named("dtmf")] == ["1", "#"]
    assert report.keys == "1#"


async def test_the_caller_listens_until_words_were_heard(product, caller):
    speech = watermark.embed(SECOND * 12, watermark.Mark("We open at nine, and close at six."))

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.play(speech)

    product.talks = [talk]
    steps = (scenarios.Listen(words="open at nine", quiet_ms=0), scenarios.HangUp())
    report = await caller(*steps).run()
    assert 800 < report.duration_ms < 11_500, "not to the end of what is said"
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
