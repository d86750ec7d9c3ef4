"""What no phone should send: it gets a clear answer, and other calls notice nothing."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from calls.live import live_calls
from calls.models import Call
from tests.factories.calls import post, ring_form, sign
from tests.integration.calls.site import ended, ended_call

SID = "MZ" + "1" * 32


def open_call(site, call_sid="CA1"):
    """Ring and return the path of the media socket."""
    status, twiml = post("/twilio/voice", ring_form(call_sid))
    assert status == 200
    return twiml.split(f'url="ws://127.0.0.1:{site.port}')[1].split('"')[0]


def start_frame(settings, **changes):
    start = {
        "accountSid": settings.TWILIO_ACCOUNT_SID,
        "streamSid": SID,
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {},
    }
    return json.dumps(
        {"event": "start", "sequenceNumber": "1", "streamSid": SID, "start": start | changes}
    )


def media_frame(number, payload="/" * 216):
    media = {"track": "inbound", "chunk": "1", "timestamp": str(number * 20), "payload": payload}
    return json.dumps({"event": "media", "sequenceNumber": "3", "streamSid": SID, "media": media})


CONNECTED = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})


async def refused_with(url, headers):
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(url, additional_headers=headers):
            raise AssertionError("the socket opened")
    return refusal.value.response.status_code


def test_a_handshake_without_or_with_a_wrong_signature_is_refused_before_accept(site):
    path = open_call(site)
    url = f"ws://127.0.0.1:{site.port}{path}"
    for headers in ({}, {"X-Twilio-Signature": "bm8="}, {"X-Twilio-Signature": sign(path, {})}):
        assert asyncio.run(refused_with(url, headers)) == 403


def test_a_token_opens_once_and_a_foreign_or_forged_one_never(site, settings):
    path = open_call(site)

    async def scenario():
        url = f"ws://127.0.0.1:{site.port}"
        async with connect(url + path, additional_headers={"X-Twilio-Signature": sign(path, None)}):
            assert await refused_with(url + path, {"X-Twilio-Signature": sign(path, None)}) == 403
        forged = path[:-1] + ("0" if path[-1] != "0" else "1")
        assert await refused_with(url + forged, {"X-Twilio-Signature": sign(forged, None)}) == 403

    asyncio.run(scenario())


async def send_and_read(site, path, *frames):
    """Open the stream, send, and hang up once anything is heard; return what came until then."""
    received = []
    url = f"ws://127.0.0.1:{site.port}{path}"
    async with connect(url, additional_headers={"X-Twilio-Signature": sign(path, None)}) as socket:
        try:
            for frame in frames:
                await socket.send(frame)
            async with asyncio.timeout(60):
                async for message in socket:
                    received.append(json.loads(message))
                    if received[-1]["event"] == "media":
                        break
            await socket.send(json.dumps({"event": "stop", "streamSid": SID, "stop": {}}))
        except ConnectionClosed:
            pass
    return received


@pytest.mark.parametrize("changes", [{"callSid": "CA2"}, {"accountSid": "AC" + "9" * 32}])
def test_a_stream_of_another_call_or_account_is_closed(site, settings, changes):
    path = open_call(site)
    asyncio.run(send_and_read(site, path, CONNECTED, start_frame(settings, **changes)))
    call = ended_call("CA1")
    assert (call.ended_reason, call.answered_at) == ("protocol_error", None)


RUBBISH = {
    "malformed JSON": ["{", '{"event":'],
    "binary frames": [b"\x00\x01", b"{}"],
    "unknown events": ['{"event":"party"}', '{"event":"media2","media":{}}'],
    "deep nesting": ['{"event":"media","x":' + "[" * 100_000] * 3,
    "wrong shapes": ['{"event":"media"}', '{"event":"mark","mark":7}', "[]", "null", '"x"'],
    "hostile payloads": [
        media_frame(1, '"}},{"x":"'),
        media_frame(2, "é" * 20),
        media_frame(3, ""),
    ],
    "repeated start": [],
    "nothing": [],
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_is_borne_and_the_caller_still_hears_the_greeting(site, settings, kind):
    path = open_call(site)
    again = [start_frame(settings)] if kind == "repeated start" else []
    frames = [CONNECTED, start_frame(settings), *again, *RUBBISH[kind]]
    frames += [media_frame(number) for number in range(5)]
    received = asyncio.run(send_and_read(site, path, *frames))
    assert any(message["event"] == "media" for message in received)
    assert ended_call("CA1").ended_reason == "caller_hung_up"


def test_audio_before_the_start_is_no_trouble(site, settings):
    path = open_call(site)
    early = [media_frame(number) for number in range(10)]
    received = asyncio.run(send_and_read(site, path, *early, start_frame(settings)))
    assert any(message["event"] == "media" for message in received)


def test_too_much_rubbish_ends_the_stream_with_a_reason(site, settings):
    path = open_call(site)
    asyncio.run(send_and_read(site, path, CONNECTED, start_frame(settings), *["{"] * 30))
    assert ended_call("CA1").ended_reason == "protocol_error"


def test_a_frame_of_a_megabyte_ends_its_own_call_and_no_other(site, settings):
    async def both():
        victim = asyncio.create_task(site.caller("demo").run())
        async with asyncio.timeout(60):
            while not len(live_calls):
                await asyncio.sleep(0.01)
        path = await asyncio.to_thread(open_call, site)
        huge = json.dumps({"event": "media", "media": {"payload": "A" * 1_000_000}})
        await send_and_read(site, path, CONNECTED, start_frame(settings), huge)
        return await victim

    report = asyncio.run(both())
    assert ended_call("CA1").ended_reason == "protocol_error"
    assert ended(report).ended_reason == "assistant_ended"
    assert report.warnings == []


def test_a_socket_that_closes_without_a_word_keeps_the_call_for_the_next_stream(site, settings):
    path = open_call(site)

    async def vanish():
        url = f"ws://127.0.0.1:{site.port}{path}"
        headers = {"X-Twilio-Signature": sign(path, None)}
        async with connect(url, additional_headers=headers) as socket:
            await socket.send(start_frame(settings))
            await socket.recv()
            socket.transport.abort()

    asyncio.run(vanish())
    _, twiml = post("/twilio/resume", ring_form())
    assert "<Stream" in twiml
    post("/twilio/status", ring_form(CallStatus="completed", SequenceNumber="3"))
    call = Call.unscoped.get(call_sid="CA1")
    assert call.ended_reason in {"caller_hung_up", "stream_lost"}
