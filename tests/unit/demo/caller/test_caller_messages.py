"""Media Streams messages and TwiML of the phone: written like the real ones, read strictly."""

import base64
import json

import pytest

from calls.bridge import frames
from voiceassist.demo.caller import messages, twiml
from voiceassist.demo.caller.line import to_payloads

SID = "MZ1"
AUDIO = base64.b64encode(b"\xff" * 160).decode()


def read(**message):
    return messages.read(json.dumps({"streamSid": SID, **message}).encode(), SID)


def test_the_three_messages_are_read():
    assert read(event="media", media={"payload": AUDIO}).data == b"\xff" * 160
    assert read(event="mark", mark={"name": "r7:1200"}).name == "r7:1200"
    assert isinstance(read(event="clear"), messages.Clear)


def test_what_the_bridge_writes_is_read():
    encoder = frames.Encoder(SID)
    written = (encoder.media(AUDIO), encoder.mark('odd "name"'), encoder.clear())
    assert [messages.read(text.encode(), SID) for text in written] == [
        messages.Audio(b"\xff" * 160),
        messages.MarkName('odd "name"'),
        messages.Clear(),
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"event": "dtmf", "dtmf": {"digit": "1"}},
        {"event": "clear", "media": {}},
        {"event": "clear", "streamSid": "MZ2"},
        {"event": "media", "media": {"payload": AUDIO, "track": "outbound"}},
        {"event": "media", "media": {"payload": AUDIO}, "sequenceNumber": "1"},
        {"event": "media", "media": {"payload": "not base64!"}},
        {"event": "media", "media": {"payload": 7}},
        {"event": "media"},
        {"event": "mark", "mark": {}},
        {"event": 4},
    ],
)
def test_anything_else_is_refused(message):
    with pytest.raises(messages.Refused) as refused:
        read(**message)
    assert refused.value.code == "31951"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"media"', b"\xff\xfe"])
def test_what_is_no_message_is_refused(raw):
    with pytest.raises(messages.Refused):
        messages.read(raw, SID)


def test_numbers_are_strings_and_count_every_message():
    writer = messages.Writer("AC1", "CA1", SID)
    start = json.loads(writer.start({"token": "x"}))
    first, key, second = (
        json.loads(text)
        for text in (writer.media(AUDIO, 5), writer.key("#"), writer.media(AUDIO, 25))
    )
    assert start["sequenceNumber"] == "1"
    assert start["start"]["customParameters"] == {"token": "x"}
    assert start["start"]["mediaFormat"]["sampleRate"] == 8000
    assert (first["sequenceNumber"], first["media"]["chunk"]) == ("2", "1")
    assert key["dtmf"] == {"track": "inbound_track", "digit": "#"}
    assert (second["sequenceNumber"], second["media"]["chunk"]) == ("4", "2")
    assert second["media"]["timestamp"] == "25"
    assert "streamSid" not in json.loads(messages.connected())


def test_what_the_phone_writes_is_understood_by_the_bridge():
    writer = messages.Writer("AC1", "CA1", SID)
    kinds = [
        frames.decode(text)
        for text in (
            messages.connected(),
            writer.start({}),
            writer.media(AUDIO, 5),
            writer.mark('a "b"'),
            writer.key("1"),
            writer.stop(),
        )
    ]
    assert [type(kind).__name__ for kind in kinds] == [
        "Connected", "Start", "Media", "Mark", "Dtmf", "Stop",
    ]  # fmt: skip
    assert kinds[3].mark.name == 'a "b"'


def test_audio_becomes_frames_of_20_ms():
    first, last = (base64.b64decode(each) for each in to_payloads(b"\x01" * 200))
    assert first == b"\x01" * 160
    assert last == b"\x01" * 40 + b"\xff" * 120


def test_verbs_are_read_in_order():
    found = twiml.parse(
        '<?xml version="1.0"?><Response><Say language="es-MX">Un\n momento</Say>'
        '<Pause length="2"/><Connect action="https://a.example.com/after">'
        '<Stream url="wss://a.example.com/m/1" statusCallback="https://a.example.com/s" name="n">'
        '<Parameter name="token" value="x"/></Stream></Connect>'
        "<Redirect method='POST'>https://a.example.com/r</Redirect>"
        "<Dial><Number>+12025550143</Number></Dial><Reject reason='busy'/><Hangup/></Response>"
    )
    assert found == [
        twiml.Say("Un momento", "es-MX"),
        twiml.Pause(2.0),
        twiml.Stream(
            "wss://a.example.com/m/1",
            {"token": "x"},
            "https://a.example.com/s",
            "n",
            "https://a.example.com/after",
        ),
        twiml.Redirect("https://a.example.com/r"),
        twiml.Dial("+12025550143"),
        twiml.Reject("busy"),
        twiml.HangUp(),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("<Response><Connect>", "12100"),
        ("<html/>", "12100"),
        ("<Response><Sing/></Response>", "12200"),
        ("<Response><Connect/></Response>", "12200"),
        ('<Response><Connect><Stream url="https://a/m"/></Connect></Response>', "31910"),
        ('<Response><Connect><Stream url="wss://a/m?t=1"/></Connect></Response>', "31920"),
        ("<Response><Dial>0800</Dial></Response>", "13223"),
        ('<Response><Dial callerId="us">+12025550143</Dial></Response>', "13214"),
        ('<Response><Dial timeLimit="0">+12025550143</Dial></Response>', "timeLimit"),
        ('<Response><Dial ring="9">+12025550143</Dial></Response>', "no attribute ring"),
        ('<Response><Dial action="/x">+12025550143</Dial></Response>', "11100"),
        ("<Response><Dial><Sip>sip:a@example.com</Sip></Dial></Response>", "12200"),
        (
            '<Response><Dial><Number statusCallbackEvent="rung">+12025550143</Number></Dial>'
            "</Response>",
            "statusCallbackEvent",
        ),
    ],
)
def test_wrong_twiml_is_refused_with_its_number(text, number):
    with pytest.raises(twiml.BadTwiml, match=number):
        twiml.parse(text)
