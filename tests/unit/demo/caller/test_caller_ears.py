"""What the caller understands: words hidden in played audio, and until when they were heard."""

import pytest

from voiceassist.demo.caller.ears import MS_PER_CHARACTER, Ears
from voiceassist.demo.caller.webhooks import Origin
from voiceassist.demo.watermark import Mark, embed


def speech(text: str, seconds: float = 2.0) -> bytes:
    return embed(b"\x20" * int(seconds * 8000), Mark(text))


@pytest.mark.parametrize("size", [160, 333, 4000, 100_000])
def test_words_are_understood_from_pieces_of_any_size_and_once(size):
    ears, audio = Ears(), speech("Your order is on its way.")
    for at in range(0, len(audio), size):
        ears.listen(audio[at : at + size], at / 8000, fresh=at == 0)
    assert [heard.text for heard in ears.heard] == ["Your order is on its way."]
    assert ears.heard[0].begins == pytest.approx(0, abs=0.3)


def test_two_utterances_without_a_pause_are_two():
    ears, audio = Ears(), speech("One moment.") + speech("Here it is.")
    for at in range(0, len(audio), 1600):
        ears.listen(audio[at : at + 1600], at / 8000, fresh=at == 0)
    assert [heard.text for heard in ears.heard] == ["One moment.", "Here it is."]
    assert ears.heard[1].begins == pytest.approx(2.0, abs=0.3)


def test_the_same_words_after_silence_are_heard_again():
    ears = Ears()
    ears.listen(speech("Hello?"), 0.0, fresh=True)
    ears.listen(speech("Hello?"), 9.0, fresh=True)
    assert len(ears.heard) == 2


def test_unmarked_audio_is_not_understood():
    ears = Ears()
    assert ears.listen(b"\x21\x20" * 60_000, 0.0, fresh=True) == []


def test_words_cut_off_were_never_said():
    ears = Ears()
    ears.listen(speech("We open at nine, and close at six."), 1.0, fresh=True)
    (heard,) = ears.heard
    at = heard.says_by("OPEN at nine")
    assert at == pytest.approx(1.0 + len("We open at nine") * MS_PER_CHARACTER / 1000)
    ears.cut(1.5 + at - 1.0)
    assert ears.heard[0].says_by("open at nine") == at
    assert ears.heard[0].says_by("close at six") is None
    assert ears.heard[0].says_by("closed") is None


def test_what_would_begin_later_is_forgotten_by_a_cut():
    ears = Ears()
    ears.listen(speech("Later."), 5.0, fresh=True)
    ears.cut(4.0)
    assert ears.heard == []


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("https://voice.example.com/twilio/voice?a=1", "http://127.0.0.1:8000/twilio/voice?a=1"),
        ("wss://voice.example.com/m/1", "ws://127.0.0.1:8000/m/1"),
        ("https://other.example.com/x", "https://other.example.com/x"),
    ],
)
def test_a_public_address_is_reached_on_the_inside(address, reached):
    origin = Origin("http://127.0.0.1:8000", "https://voice.example.com")
    assert origin.reach(address) == reached
