"""What depends on the state of a session: one response, its audio, what updates change."""

import pytest

from tests.unit.demo.stand_in_wire import EXACT, SETUP, Wire, audio_in, update


@pytest.fixture
async def wire():
    made = Wire()
    made.send(SETUP)
    yield made
    await made.session.end()


async def test_one_response_at_a_time(wire):
    wire.send({"type": "response.create", "response": {"instructions": EXACT}})
    wire.send({"type": "response.create", "event_id": "again"})
    (error,) = wire.errors()
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "again"
    assert wire.of("response.created")[0]["response"]["id"] in error["message"]
    assert len(wire.of("response.created")) == 1


async def test_a_response_on_the_side_may_run_at_the_same_time(wire):
    wire.send({"type": "response.create", "response": {"instructions": EXACT}})
    aside = {"instructions": EXACT, "conversation": "none", "output_modalities": ["text"]}
    wire.send({"type": "response.create", "response": aside})
    assert wire.errors() == []
    created = wire.of("response.created")
    assert [event["response"]["conversation_id"] is None for event in created] == [False, True]


async def test_cancel_of_another_response_is_refused(wire):
    wire.send({"type": "response.create", "response": {"instructions": EXACT}})
    wire.send({"type": "response.cancel", "response_id": "resp_other"})
    assert wire.errors()[0]["code"] == "response_cancel_not_active"


async def test_the_voice_cannot_change_after_the_first_audio(wire):
    wire.send(update(audio={"output": {"voice": "cedar"}}))
    assert wire.errors() == []
    await wire.speak()
    wire.send(update(audio={"output": {"voice": "marin"}}))
    assert wire.errors()[0]["code"] == "cannot_update_voice"
    wire.send(update(audio={"output": {"voice": "cedar"}}))
    assert len(wire.errors()) == 1


def truncate(item_id, ms, content_index=0):
    return {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": ms,
    }


async def test_truncate_keeps_to_the_audio_there_is(wire):
    item_id = await wire.speak()
    length = wire.session.context.conversation.audio_ms[item_id]
    wire.send(truncate(item_id, length + 1))
    assert wire.errors()[-1]["code"] == "invalid_value"
    expected = f"Audio content of {length}ms is already shorter than {length + 1}ms"
    assert wire.errors()[-1]["message"] == expected
    for ms in (0, -5):
        wire.send(truncate(item_id, ms))
        assert wire.errors()[-1]["param"] == "audio_end_ms"
    wire.send(truncate(item_id, 10, content_index=1))
    assert wire.errors()[-1]["param"] == "content_index"
    assert len(wire.errors()) == 4
    wire.send(truncate(item_id, length - 10))
    assert len(wire.errors()) == 4
    assert wire.of("conversation.item.truncated")[0]["audio_end_ms"] == length - 10
    # It is that short now, and its words are gone.
    wire.send(truncate(item_id, length))
    assert "already shorter" in wire.errors()[-1]["message"]
    wire.send({"type": "conversation.item.retrieve", "item_id": item_id})
    item = wire.of("conversation.item.retrieved")[0]["item"]
    assert "transcript" not in item["content"][0]


async def test_only_the_assistants_words_can_be_truncated(wire):
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
    wire.send({"type": "conversation.item.create", "item": {**message, "id": "item_u"}})
    wire.send(truncate("item_u", 10))
    assert wire.errors()[0]["code"] == "item_truncate_invalid_item_id"


async def test_an_id_cannot_be_used_twice(wire):
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
    for _ in range(2):
        wire.send({"type": "conversation.item.create", "item": {**message, "id": "item_u"}})
    assert wire.errors()[0]["param"] == "item.id"


async def test_text_only_answers_hold_no_audio(wire):
    await wire.speak(output_modalities=["text"])
    assert wire.of("response.output_audio.delta") == []
    assert wire.of("response.output_text.done")[0]["text"] == "One two three."


async def test_updates_change_only_what_they_name(wire):
    wire.send(audio_in(turn_detection={"type": "server_vad", "silence_duration_ms": 200}))
    wire.send(audio_in(turn_detection={"type": "server_vad", "threshold": 0.7}))
    detection = wire.session._config.turn_detection
    assert (detection["silence_duration_ms"], detection["threshold"]) == (200, 0.7)
    wire.send(update(instructions=""))
    assert wire.session._config.turn_detection == detection
    assert wire.session._config.tool_schemas() == {"lookup_order": {"type": "object"}}
    wire.send(audio_in(turn_detection=None))
    wire.send(update(tools=[]))
    assert wire.session._config.turn_detection is None
    assert wire.session._config.tool_schemas() == {}
    assert wire.errors() == []
