"""Turns are found in audio: where they begin and end, how loud, how long, in pieces of any size."""

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.demo import mulaw, voice
from voiceassist.demo.stand_ins.realtime.config import SEMANTIC_VAD, SERVER_VAD
from voiceassist.demo.stand_ins.realtime.hearing import Hearing, Started, Stopped

SILENCE = bytes([mulaw.SILENCE])
SPEECH = voice.tones("word") + voice.tones("word")


def silence(ms):
    return SILENCE * ms * mulaw.BYTES_PER_MS


def speech(ms):
    return (SPEECH * 40)[: ms * mulaw.BYTES_PER_MS]


def listen(audio, detection, size=160):
    hearing = Hearing()
    hearing.detection = detection
    found = []
    for at in range(0, len(audio), size):
        found += hearing.append(audio[at : at + size])
    return found


def test_a_turn_begins_with_its_prefix_and_ends_after_the_silence():
    started, stopped = listen(silence(1000) + speech(800) + silence(900), SERVER_VAD)
    assert isinstance(started, Started)
    assert 640 <= started.at_ms <= 760  # 1000 less 300 of prefix
    assert isinstance(stopped, Stopped)
    assert 2250 <= stopped.at_ms <= 2340  # 1800 and 500 of silence
    assert mulaw.duration_ms(stopped.audio) == pytest.approx(1600, abs=100)


def test_at_the_very_start_the_prefix_does_not_reach_below_zero():
    assert listen(speech(400), SERVER_VAD)[0].at_ms == 0


@pytest.mark.parametrize(("silence_ms", "turns"), [(300, 2), (900, 1)])
def test_the_session_says_how_long_a_silence_ends_a_turn(silence_ms, turns):
    audio = speech(600) + silence(600) + speech(600) + silence(1500)
    found = listen(audio, {**SERVER_VAD, "silence_duration_ms": silence_ms})
    assert sum(isinstance(event, Stopped) for event in found) == turns


def test_the_threshold_decides_about_quiet_sounds():
    quiet = mulaw.encode(array.array("h", [600, -600] * 8000))
    assert listen(quiet, {**SERVER_VAD, "threshold": 0.3})
    assert not listen(quiet, {**SERVER_VAD, "threshold": 0.9})


@pytest.mark.parametrize(("eagerness", "silence_ms"), [("high", 300), ("low", 900)])
def test_eagerness_decides_about_pauses(eagerness, silence_ms):
    found = listen(speech(500) + silence(2000), {**SEMANTIC_VAD, "eagerness": eagerness})
    assert found[1].at_ms == pytest.approx(500 + silence_ms, abs=80)


def test_a_click_is_no_speech():
    assert listen(silence(300) + speech(20) + silence(800), SERVER_VAD) == []


def test_line_noise_is_no_speech():
    assert listen(b"\xff\x7f\xfe\x7e" * 4000, SERVER_VAD) == []


@given(size=st.integers(1, 3000))
def test_the_size_of_the_pieces_does_not_matter(size):
    audio = silence(200) + speech(500) + silence(700)
    whole = [(type(event), event.at_ms) for event in listen(audio, SERVER_VAD)]
    pieces = [(type(event), event.at_ms) for event in listen(audio, SERVER_VAD, size)]
    assert pieces == whole
    assert len(whole) == 2


def test_without_turn_detection_audio_is_only_kept():
    hearing = Hearing()
    assert hearing.append(speech(500) + silence(900)) == []
    assert mulaw.duration_ms(hearing.take()) == 1400
    assert hearing.take() == b""
