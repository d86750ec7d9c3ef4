"""The Realtime stand-in over real sockets, driven by the vendor's SDK."""

import json
import time

import pytest
from openai import AsyncOpenAI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.integration.demo.model import spoken, talking
from voiceassist.demo import mulaw, watermark
from voiceassist.demo.stand_ins.realtime import config

LONG = "We open at nine every morning, and close at six. On Sundays we rest. " * 8
"""Nobody speaks so long that it has been said before it is interrupted."""


async def test_a_session_begins_with_its_settings_and_its_end(stand_ins):
    async with talking(stand_ins, configured=False) as model:
        (created,) = model.events
        assert created.session.id.startswith("sess_")
        assert created.session.model == "gpt-realtime-2.1"
        left = created.session.model_dump()["expires_at"] - time.time()
        assert left == pytest.approx(3600, abs=120)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/realtime?model=m", {}, 401),
        ("/realtime?model=m", {"Authorization": "Bearer "}, 401),
        ("/realtime?model=m", {"Authorization": "Basic abc"}, 401),
        ("/realtime", {"Authorization": "Bearer key"}, 400),
        ("/other?model=m", {"Authorization": "Bearer key"}, 404),
    ],
)
async def test_a_wrong_handshake_is_refused(stand_ins, path, headers, status):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(stand_ins.realtime_url + path, additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["error"]["message"]


async def test_an_answer_streams_in_the_real_order_and_is_what_was_asked_for(stand_ins):
    async with talking(stand_ins) as model:
        await model.exactly("Hello, this is Juniper Cycles.")
        done = await model.until("response.done")
        kinds = [event.type for event in model.events if event.type.startswith(("resp", "conv"))]
        order = [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
        ]
        assert list(dict.fromkeys(kinds)) == order
        said = "".join(event.delta for event in model.of("response.output_audio_transcript.delta"))
        assert said == "Hello, this is Juniper Cycles."
        assert [mark.text for mark in watermark.extract(model.audio())] == [said]
        assert done.response.status == "completed"
        assert done.response.output[0].content[0].transcript == said
        assert done.response.usage.output_token_details.audio_tokens > 0


async def test_audio_comes_faster_than_it_plays(stand_ins):
    async with talking(stand_ins) as model:
        began = time.monotonic()
        await model.exactly(
            "We open at nine every morning from Monday to Saturday, and close late."
        )
        await model.until("response.output_audio.delta")
        await model.until("response.done")
        took_ms = (time.monotonic() - began) * 1000
        played_ms = mulaw.duration_ms(model.audio())
        assert played_ms > 2000
        assert took_ms < played_ms


async def test_before_the_session_is_configured_speech_is_pcm(stand_ins):
    async with talking(stand_ins, configured=False) as model:
        await model.exactly("Noise.")
        await model.until("response.done")
        pcm = model.audio()
        assert watermark.extract(pcm) == []
        assert len(pcm) % 6 == 0
        assert model.events[0].session.audio.output.format.type == "audio/pcm"


async def test_what_is_said_is_heard_and_answered_with_a_tool(stand_ins):
    async with talking(stand_ins) as model:
        await model.hear(spoken("Hello, where is my order 1042?"))
        started = await model.until("input_audio_buffer.speech_started")
        stopped = await model.until("input_audio_buffer.speech_stopped")
        committed = await model.until("input_audio_buffer.committed")
        assert started.audio_start_ms < stopped.audio_end_ms
        assert started.item_id == stopped.item_id == committed.item_id
        done = await model.until("response.done")
        (call,) = done.response.output
        assert (call.type, call.name, call.status) == ("function_call", "lookup_order", "completed")
        assert json.loads(call.arguments) == {"order_id": "1042"}
        # The same call is told of in several events, which must not run it twice.
        arguments = model.of("response.function_call_arguments.done")[0]
        item = model.of("response.output_item.done")[0].item
        assert arguments.call_id == item.call_id == call.call_id
        deltas = model.of("response.function_call_arguments.delta")
        assert "".join(event.delta for event in deltas) == call.arguments
        # The transcript is late, as the real one is.
        assert not model.of("conversation.item.input_audio_transcription.completed")
        heard = await model.until("conversation.item.input_audio_transcription.completed")
        assert heard.transcript == "Hello, where is my order 1042?"
        assert heard.item_id == committed.item_id
        output = {"success": True, "message": "", "data": {"status": "at the harbor"}}
        answer = {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": json.dumps(output),
        }
        await model.connection.conversation.item.create(item=answer)
        await model.connection.response.create()
        done = await model.until("response.done")
        assert done.response.output[0].content[0].transcript == (
            "Your order 1042 is at the harbor."
        )


async def test_speech_and_a_call_come_in_one_response(stand_ins):
    async with talking(stand_ins) as model:
        await model.hear(spoken("Thank you, goodbye."))
        done = await model.until("response.done")
        assert [item.type for item in done.response.output] == ["message", "function_call"]


async def test_two_calls_come_in_one_response(stand_ins):
    async with talking(stand_ins) as model:
        await model.hear(spoken("Please check order 1042 and book the workshop for Friday."))
        done = await model.until("response.done")
        assert [item.name for item in done.response.output] == ["lookup_order", "book_appointment"]
        assert len({item.call_id for item in done.response.output}) == 2


async def test_unmarked_speech_follows_the_scenario(stand_ins):
    async with talking(stand_ins) as model:
        plain = bytes(byte & 0xFE for byte in spoken("some words that nobody can read"))
        await model.hear(plain)
        heard = await model.until("conversation.item.input_audio_transcription.completed")
        assert heard.transcript == "Hello, where is my order 1042?"


async def test_talking_over_the_answer_cancels_it(stand_ins):
    stand_ins.behave(audio_rate=2.0)
    async with talking(stand_ins) as model:
        await model.exactly(LONG)
        first = await model.until("response.output_audio.delta")
        await model.hear(spoken("Stop, please."))
        await model.until("input_audio_buffer.speech_started")
        done = await model.until("response.done")
        assert done.response.id == first.response_id
        assert done.response.status == "cancelled"
        assert done.response.status_details.reason == "turn_detected"
        item = model.of("response.output_item.done")[-1].item
        assert item.status == "incomplete"
        # Stale audio in flight still comes after the interruption.
        kinds = [event.type for event in model.events]
        started = kinds.index("input_audio_buffer.speech_started")
        assert "response.output_audio.delta" in kinds[started:]
        answered = await model.until("response.done")
        assert answered.response.output[0].content[0].transcript.startswith("All right.")


async def test_interruption_can_be_left_to_the_client(stand_ins):
    stand_ins.behave(audio_rate=2.0)
    async with talking(stand_ins, interrupt_response=False, create_response=False) as model:
        await model.exactly(LONG)
        await model.until("response.output_audio.delta")
        await model.hear(spoken("Stop, please."))
        await model.until("input_audio_buffer.committed")
        assert not model.of("response.done")
        await model.connection.response.cancel()
        done = await model.until("response.done")
        assert done.response.status_details.reason == "client_cancelled"
        await model.connection.response.create()
        done = await model.until("response.done")
        assert done.response.output[0].content[0].transcript.startswith("All right.")


async def test_manual_turns(stand_ins):
    async with talking(stand_ins) as model:
        audio = {"input": {"turn_detection": None}}
        await model.connection.session.update(session={"type": "realtime", "audio": audio})
        await model.until("session.updated")
        await model.hear(spoken("Where is order 1043?"))
        await model.connection.input_audio_buffer.commit()
        await model.until("input_audio_buffer.committed")
        assert not model.of("input_audio_buffer.speech_started")
        await model.connection.response.create()
        done = await model.until("response.done")
        assert json.loads(done.response.output[0].arguments) == {"order_id": "1043"}


async def test_semantic_turns(stand_ins):
    async with talking(stand_ins) as model:
        detection = {"type": "semantic_vad", "eagerness": "high"}
        audio = {"input": {"turn_detection": detection}}
        await model.connection.session.update(session={"type": "realtime", "audio": audio})
        await model.until("session.updated")
        await model.hear(spoken("Where is order 1043?"))
        done = await model.until("response.done")
        assert done.response.output[0].name == "lookup_order"


async def test_silence_makes_the_model_ask(stand_ins, monkeypatch):
    monkeypatch.setitem(config._LIMITS, "idle_timeout_ms", (0, 30_000))  # 5 s are a long time here
    stand_ins.behave(audio_rate=50.0)
    async with talking(stand_ins, idle_timeout_ms=700) as model:
        waited = time.monotonic()
        await model.exactly("Hi.")
        await model.until("response.done")
        triggered = await model.until("input_audio_buffer.timeout_triggered")
        assert time.monotonic() - waited >= 0.7
        assert triggered.item_id
        done = await model.until("response.done")
        assert done.response.output[0].content[0].transcript == "Are you still there?"


async def test_a_new_session_goes_on_without_greeting(stand_ins):
    async with talking(stand_ins) as model:
        for role, kind, text in (
            ("assistant", "output_text", "Hello."),
            ("user", "input_text", "Where is order 1042?"),
        ):
            item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
            await model.connection.conversation.item.create(item=item)
        await model.connection.response.create()
        done = await model.until("response.done")
        assert done.response.output[0].name == "lookup_order"


async def test_the_log_tells_what_came_and_went_and_when(stand_ins):
    async with talking(stand_ins) as model:
        await model.hear(spoken("Thank you, goodbye."))
        await model.until("response.done")
    (log,) = stand_ins.sessions
    assert log.types_received()[0] == "session.update"
    assert "input_audio_buffer.append" not in log.types_received()
    assert log.frames_in > 20
    assert log.types_sent()[:2] == ["session.created", "session.updated"]
    assert log.received_of("session.update")[0]["session"]["type"] == "realtime"
    times = [entry["at"] for entry in log.sent]
    assert times == sorted(times)


async def test_two_sessions_do_not_disturb_each_other(stand_ins):
    async with talking(stand_ins) as one, talking(stand_ins) as other:
        await one.hear(spoken("Where is order 1042?"))
        await other.exactly("Something else.")
        done = await one.until("response.done")
        assert done.response.output[0].name == "lookup_order"
        done = await other.until("response.done")
        assert done.response.output[0].content[0].transcript == "Something else."


async def test_the_sdks_http_base_reaches_it_too(stand_ins):
    client = AsyncOpenAI(api_key="any", base_url=f"{stand_ins.url}/v1")
    async with client, client.realtime.connect(model="m") as connection:
        assert (await connection.recv()).type == "session.created"
