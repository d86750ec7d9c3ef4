"""The tones of keys: what a receiver of DTMF finds in them."""

import math

import pytest

from calls.bridge.tones import GAP_MS, TONE_MS, mulaw, tones

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


def linear(code):
    value = ~code & 0xFF
    size = (((value & 0x0F) << 3) + 0x84 << ((value & 0x70) >> 4)) - 0x84
    return -size if value & 0x80 else size


def power(samples, hertz):
    turn = 2 * math.pi * hertz / 8000
    real = sum(s * math.cos(turn * at) for at, s in enumerate(samples))
    other = sum(s * math.sin(turn * at) for at, s in enumerate(samples))
    return math.hypot(real, other) / len(samples)


@pytest.mark.parametrize(
    ("key", "pair"),
    [("1", (697, 1209)), ("5", (770, 1336)), ("9", (852, 1477)), ("*", (941, 1209)),
     ("0", (941, 1336)), ("#", (941, 1477))],
)  # fmt: skip
def test_a_key_sounds_in_its_two_tones_and_no_other(key, pair):
    audio = tones(key)
    assert len(audio) == (TONE_MS + GAP_MS) * 8
    samples = [linear(code) for code in audio[: TONE_MS * 8]]
    found = {hertz: power(samples, hertz) for hertz in (*LOW, *HIGH)}
    strong = sorted(found, key=lambda hertz: found[hertz])[-2:]
    assert sorted(strong) == sorted(pair)
    others = max(found[hertz] for hertz in found if hertz not in pair)
    assert min(found[hertz] for hertz in pair) > 5 * others
    assert set(audio[TONE_MS * 8 :]) == {0xFF}, "a gap parts equal keys"


def test_keys_are_whole_frames_in_their_order_and_w_is_half_a_second():
    assert tones("1w2") == tones("1") + b"\xff" * 4000 + tones("2")
    assert len(tones("12w#")) % 160 == 0


@pytest.mark.parametrize(
    ("keys", "words"), [("", "Name the keys"), ("12a", "no key 'a'"), ("0" * 41, "fewer keys")]
)
def test_what_no_phone_can_press_is_refused(keys, words):
    with pytest.raises(ValueError, match=words):
        tones(keys)


@pytest.mark.parametrize("sample", [0, 1, -1, 100, -1000, 8000, -20000, 32767, -32768])
def test_mulaw_keeps_a_sample_to_within_its_step(sample):
    assert abs(linear(mulaw(sample)) - sample) <= max(8, abs(sample) / 16)
