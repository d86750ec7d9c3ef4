"""The Realtime stand-in misbehaves as it is told, and only in sessions to come."""

import asyncio
import time

import pytest
from openai import AsyncOpenAI
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.integration.demo.model import ask, spoken, talking
from voiceassist.demo import mulaw
from voiceassist.demo.stand_ins import Behaviour, BehaviourError

LONG = "We open at nine every morning from Monday to Saturday, and close at six."


async def test_a_refused_handshake(stand_ins):
    stand_ins.behave(handshake_status=503)
    with pytest.raises(InvalidStatus) as refused:
        async with talking(stand_ins):
            pass
    assert refused.value.response.status_code == 503


async def test_a_slow_configuration(stand_ins):
    stand_ins.behave(session_updated_delay_ms=400)
    began = time.monotonic()
    async with talking(stand_ins):
        assert time.monotonic() - began >= 0.4


async def test_a_connection_that_drops_after_a_time(stand_ins):
    stand_ins.behave(drop_after_ms=300)
    with pytest.raises(ConnectionClosed) as closed:  # a slow machine has no session by then
        async with talking(stand_ins, configured=False) as model:
            await model.until("response.done")
    assert closed.value.rcvd is None  # no closing frame, as when a network goes


async def test_a_connection_that_drops_at_an_event(stand_ins):
    stand_ins.behave(drop_at_event="response.output_audio.delta")
    async with talking(stand_ins) as model:
        await model.exactly(LONG)
        with pytest.raises(ConnectionClosed):
            await model.until("response.done")
        assert model.of("response.created")


async def test_the_longest_session(stand_ins):
    stand_ins.behave(session_limit_s=1)
    async with talking(stand_ins, configured=False) as model:
        with pytest.raises(ConnectionClosed) as closed:
            await model.until("response.done")
        assert closed.value.rcvd.code == 1001
        assert "hit the maximum duration" in closed.value.rcvd.reason


async def test_an_expired_session(stand_ins):
    stand_ins.behave(expire_after_ms=200)
    async with talking(stand_ins, configured=False) as model:
        error = await model.until("error")
        assert error.error.code == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await model.until("response.done")
        assert closed.value.rcvd.code == 1001


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "insufficient_quota", "server_error"])
async def test_failed_responses_and_then_good_ones(stand_ins, code):
    stand_ins.behave(fail_responses=1, fail_code=code)
    async with talking(stand_ins) as model:
        await model.exactly(LONG)
        done = await model.until("response.done")
        assert done.response.status == "failed"
        assert done.response.status_details.error.code == code
        assert not model.of("error")
        await model.exactly(LONG)
        assert (await model.until("response.done")).response.status == "completed"


async def test_incomplete_responses(stand_ins):
    stand_ins.behave(incomplete_responses=1, incomplete_reason="content_filter")
    async with talking(stand_ins) as model:
        await model.exactly(LONG)
        done = await model.until("response.done")
        assert done.response.status == "incomplete"
        assert done.response.status_details.reason == "content_filter"


async def test_a_call_cut_off_in_its_arguments(stand_ins):
    stand_ins.behave(arguments_ms=60_000)
    async with talking(stand_ins) as model:
        await model.hear(spoken("Where is my order 1042?"))
        await model.until("response.function_call_arguments.delta")
        await model.connection.response.cancel()
        arguments = await model.until("response.function_call_arguments.done")
        item = await model.until("response.output_item.done")
        done = await model.until("response.done")
        assert '{"order_id": "1042"}'.startswith(arguments.arguments)
        assert len(arguments.arguments) < 12
        assert item.item.status == "incomplete"
        assert done.response.status == "cancelled"


async def test_a_call_told_of_twice(stand_ins):
    stand_ins.behave(repeat_calls_done=True)
    async with talking(stand_ins) as model:
        await model.hear(spoken("Where is my order 1042?"))
        await model.until("response.done")
        first, second = model.of("response.output_item.done")
        assert first.item.call_id == second.item.call_id


async def test_a_response_of_its_own_wins_the_race(stand_ins):
    stand_ins.behave(response_races=1)
    async with talking(stand_ins) as model:
        await model.connection.response.create(event_id="mine")
        error = await model.until("error")
        assert error.error.code == "conversation_already_has_active_response"
        assert error.error.event_id == "mine"
        assert model.of("response.created")


async def test_stale_audio_after_a_cancel(stand_ins):
    stand_ins.behave(stale_deltas=3, audio_rate=1.0)
    async with talking(stand_ins) as model:
        await model.exactly(LONG)
        await model.until("response.output_audio.delta")
        before = len(model.of("response.output_audio.delta"))
        await model.connection.response.cancel()
        await model.until("response.done")
        assert len(model.of("response.output_audio.delta")) >= before + 3


async def test_transcripts_early(stand_ins):
    stand_ins.behave(transcripts="early")
    async with talking(stand_ins) as model:
        await model.hear(spoken("Thank you."))
        await model.until("response.done")
        assert model.of("conversation.item.input_audio_transcription.completed")


async def test_transcripts_failed(stand_ins):
    stand_ins.behave(transcripts="failed", transcript_delay_ms=10)
    async with talking(stand_ins) as model:
        await model.hear(spoken("Thank you."))
        failed = await model.until("conversation.item.input_audio_transcription.failed")
        assert failed.error.code == "transcription_failed"


async def test_transcripts_never(stand_ins):
    stand_ins.behave(transcripts="never", transcript_delay_ms=10)
    async with talking(stand_ins) as model:
        await model.hear(spoken("Thank you."))
        await model.until("response.done")
        await model.exactly("And on.")
        await model.until("response.done")
        assert not [event for event in model.events if "transcription" in event.type]


async def test_noise_on_the_wire(stand_ins):
    stand_ins.behave(unknown_event_every=3, error_event_every=5)
    async with talking(stand_ins) as model:
        await model.exactly(LONG)
        await model.until("response.done")
        assert model.of("stand_in.unknown")
        assert model.of("error")[0].error.type == "server_error"


async def test_a_broken_message(stand_ins):
    stand_ins.behave(malformed_at_event=1)
    client = AsyncOpenAI(api_key="any", websocket_base_url=stand_ins.realtime_url)
    async with client, client.realtime.connect(model="m") as connection:
        assert b"session.created" in await connection.recv_bytes()
        with pytest.raises(ValueError):
            connection.parse_event(await connection.recv_bytes())


@pytest.mark.parametrize("rate", [1.0, 3.0])
async def test_a_slower_voice(stand_ins, rate):
    stand_ins.behave(audio_rate=rate)
    async with talking(stand_ins) as model:
        began = time.monotonic()
        await model.exactly("We open at nine every morning.")
        await model.until("response.done")
        played = mulaw.duration_ms(model.audio()) / 1000
        assert time.monotonic() - began >= played / rate * 0.95


async def test_behaviour_is_for_the_sessions_to_come(stand_ins):
    async with talking(stand_ins) as model:
        stand_ins.behave(fail_responses=1)
        await model.exactly("Hi.")
        assert (await model.until("response.done")).response.status == "completed"
    async with talking(stand_ins) as model:
        await model.exactly("Hi.")
        assert (await model.until("response.done")).response.status == "failed"


async def test_behaviour_over_http(stand_ins):
    url = f"{stand_ins.url}/_stand_in/behaviour"
    status, now = await asyncio.to_thread(ask, url, "POST", {"fail_responses": 2})
    assert (status, now["fail_responses"]) == (200, 2)
    assert stand_ins.controls.behaviour.fail_responses == 2
    status, answer = await asyncio.to_thread(ask, url, "POST", {"fail_resp": 2})
    assert status == 400
    assert "fail_resp" in answer["message"]
    assert "fail_responses" in answer["message"]
    assert (await asyncio.to_thread(ask, url, "POST", [1]))[0] == 400
    status, now = await asyncio.to_thread(ask, url, "DELETE")
    assert now == Behaviour().as_json()


async def test_the_log_over_http(stand_ins):
    async with talking(stand_ins) as model:
        await model.hear(spoken("Thank you, goodbye."))
        await model.until("response.done")
    status, log = await asyncio.to_thread(ask, f"{stand_ins.url}/_stand_in/log")
    (session,) = log["sessions"]
    assert session["received"][0]["event"]["type"] == "session.update"
    assert session["frames_in"] > 20
    assert {entry["event"]["type"] for entry in session["sent"]} >= {"response.done"}


@pytest.mark.parametrize(
    "changes",
    [
        {"nope": 1},
        {"fail_responses": "2"},
        {"fail_responses": True},
        {"transcripts": "soon"},
        {"chunk_ms": -1},
    ],
)
def test_unknown_behaviour_is_refused(changes):
    with pytest.raises(BehaviourError):
        Behaviour().changed(changes)
