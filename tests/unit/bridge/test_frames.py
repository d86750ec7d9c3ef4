"""Twilio's frames: what is read, what is refused, what we write."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.bridge import frames


def test_a_media_frame_is_read_with_its_clock():
    text = (
        '{"event":"media","sequenceNumber":"3","streamSid":"MZ1","media":'
        '{"track":"inbound","chunk":"1","timestamp":"5","payload":"//8="}}'
    )
    frame = frames.decode(text)
    assert isinstance(frame, frames.Media)
    assert (frame.media.timestamp, frame.media.payload) == ("5", "//8=")


def test_start_carries_account_call_and_stream():
    text = json.dumps(
        {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": "MZ1",
            "start": {
                "accountSid": "AC1",
                "streamSid": "MZ1",
                "callSid": "CA1",
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"a": "b"},
            },
        }
    )
    start = frames.decode(text).start
    assert (start.accountSid, start.callSid, start.streamSid) == ("AC1", "CA1", "MZ1")
    assert start.customParameters == {"a": "b"}


def test_new_kinds_of_messages_are_ignored_not_refused():
    assert frames.decode('{"event":"brand-new","x":1}') == frames.Unknown("brand-new")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"media"',
        '{"event":1}',
        '{"no":"event"}',
        '{"event":"media"}',
        '{"event":"media","media":{"payload":5}}',
        '{"event":"start","start":{"callSid":7}}',
        '{"event":"mark","mark":"x"}',
        b"\xff\xfe",
    ],
)
def test_unreadable_frames_say_so(text):
    with pytest.raises(frames.BadFrame):
        frames.decode(text)


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_nothing_but_a_bad_frame_comes_of_rubbish(text):
    try:
        frames.decode(text)
    except frames.BadFrame as error:
        assert str(error)


@given(sid=st.text(min_size=1, max_size=60), name=st.text(max_size=60))
def test_what_we_write_is_json_with_exactly_the_documented_fields(sid, name):
    encoder = frames.Encoder(sid)
    assert json.loads(encoder.media("AAAA")) == {
        "event": "media",
        "streamSid": sid,
        "media": {"payload": "AAAA"},
    }
    assert json.loads(encoder.mark(name)) == {
        "event": "mark",
        "streamSid": sid,
        "mark": {"name": name},
    }
    assert json.loads(encoder.clear()) == {"event": "clear", "streamSid": sid}


@pytest.mark.parametrize("event", ["media", "party"])
def test_what_is_nested_too_deeply_is_a_bad_frame(event):
    with pytest.raises(frames.BadFrame):
        frames.decode(f'{{"event":"{event}","x":{"[" * 100_000}')
