"""What the real service refuses is refused, in its words, and the session lives on."""

import base64

import pytest

from tests.unit.demo.stand_in_wire import PCMU, SETUP, Wire, audio_in, update
from voiceassist.demo.stand_ins.realtime import wire as wire_module
from voiceassist.demo.stand_ins.realtime.errors import EventRefused


@pytest.fixture
async def wire():
    made = Wire()
    made.send(SETUP)
    yield made
    await made.session.end()


def tool(**more):
    return {"type": "function", "name": "a", "parameters": {"type": "object"}, **more}


NESTED_TOOL = {"type": "function", "function": {"name": "a", "parameters": {}}}
AUDIO = base64.b64encode(b"\xff" * 160).decode()

REFUSED = {
    "not JSON": ("{nope", "invalid_json", None),
    "not an object": ("[1]", "invalid_event", None),
    "no type": ({"session": {}}, "missing_required_parameter", "type"),
    "unknown type": ({"type": "session.change"}, "invalid_value", "type"),
    "type is no text": ({"type": 7}, "invalid_value", "type"),
    "beta session": (
        {"type": "session.update", "session": {"voice": "alloy"}},
        "missing_required_parameter",
        "session.type",
    ),
    "transcription session": (
        {"type": "session.update", "session": {"type": "transcription"}},
        "invalid_value",
        "session.type",
    ),
    "no session": ({"type": "session.update"}, "missing_required_parameter", "session"),
    "temperature": (update(temperature=0.8), "unknown_parameter", "session.temperature"),
    "unknown field outside": ({**SETUP, "extra": 1}, "unknown_parameter", "extra"),
    "rate with pcmu": (
        audio_in(format={**PCMU, "rate": 8000}),
        "unknown_parameter",
        "session.audio.input.format.rate",
    ),
    "format as text": (audio_in(format="g711_ulaw"), "invalid_type", "session.audio.input.format"),
    "model change": (update(model="gpt-realtime-mini"), "invalid_value", "session.model"),
    "both modalities": (
        update(output_modalities=["audio", "text"]),
        "invalid_value",
        "session.output_modalities",
    ),
    "semantic_vad with a threshold": (
        audio_in(turn_detection={"type": "semantic_vad", "threshold": 0.5}),
        "unknown_parameter",
        "session.audio.input.turn_detection.threshold",
    ),
    "threshold over 1": (
        audio_in(turn_detection={"type": "server_vad", "threshold": 1.5}),
        "invalid_value",
        "session.audio.input.turn_detection.threshold",
    ),
    "threshold as text": (
        audio_in(turn_detection={"type": "server_vad", "threshold": "0.5"}),
        "invalid_type",
        "session.audio.input.turn_detection.threshold",
    ),
    "idle timeout too short": (
        audio_in(turn_detection={"type": "server_vad", "idle_timeout_ms": 10}),
        "invalid_value",
        "session.audio.input.turn_detection.idle_timeout_ms",
    ),
    "nested tool": (update(tools=[NESTED_TOOL]), "unknown_parameter", "session.tools[0].function"),
    "tool without type": (update(tools=[{"name": "a"}]), None, None),
    "two tools of one name": (
        update(tools=[tool(), tool()]),
        "invalid_value",
        "session.tools[1].name",
    ),
    "strict tool": (update(tools=[tool(strict=True)]), "unknown_parameter", None),
    "unknown tool choice": (update(tool_choice="any"), "invalid_value", "session.tool_choice"),
    "too fast": (
        update(audio={"output": {"speed": 3.0}}),
        "invalid_value",
        "session.audio.output.speed",
    ),
    "audio that is not base64": (
        {"type": "input_audio_buffer.append", "audio": "%%%"},
        "invalid_value",
        "audio",
    ),
    "audio missing": (
        {"type": "input_audio_buffer.append"},
        "missing_required_parameter",
        "audio",
    ),
    "audio with another field": (
        {"type": "input_audio_buffer.append", "audio": AUDIO, "rate": 8000},
        "unknown_parameter",
        "rate",
    ),
    "empty commit": (
        {"type": "input_audio_buffer.commit"},
        "input_audio_buffer_commit_empty",
        None,
    ),
    "WebRTC's buffer": ({"type": "output_audio_buffer.clear"}, "invalid_value", "type"),
    "cancel of nothing": ({"type": "response.cancel"}, "response_cancel_not_active", None),
    "truncate of an unknown item": (
        {
            "type": "conversation.item.truncate",
            "item_id": "item_x",
            "content_index": 0,
            "audio_end_ms": 10,
        },
        "item_truncate_invalid_item_id",
        "item_id",
    ),
    "truncate without a position": (
        {"type": "conversation.item.truncate", "item_id": "item_x", "content_index": 0},
        "missing_required_parameter",
        "audio_end_ms",
    ),
    "delete of an unknown item": (
        {"type": "conversation.item.delete", "item_id": "item_x"},
        "item_delete_invalid_item_id",
        "item_id",
    ),
    "retrieve of an unknown item": (
        {"type": "conversation.item.retrieve", "item_id": "item_x"},
        "item_retrieve_invalid_item_id",
        "item_id",
    ),
    "output of an unknown call": (
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call_output", "call_id": "call_x", "output": "{}"},
        },
        "invalid_tool_call_id",
        "item.call_id",
    ),
    "output that is no text": (
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call_output", "call_id": "call_x", "output": {"a": 1}},
        },
        "invalid_type",
        "item.output",
    ),
    "assistant's words as input": (
        {
            "type": "conversation.item.create",
            "item": {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "input_text", "text": "a"}],
            },
        },
        "invalid_value",
        "item.content[0].type",
    ),
    "unknown kind of item": (
        {"type": "conversation.item.create", "item": {"type": "note"}},
        "invalid_value",
        "item.type",
    ),
    "call without arguments": (
        {"type": "conversation.item.create", "item": {"type": "function_call", "name": "a"}},
        "missing_required_parameter",
        "item.arguments",
    ),
    "unknown turn detection": (
        audio_in(turn_detection={"type": "nope"}),
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    "item after an unknown one": (
        {
            "type": "conversation.item.create",
            "previous_item_id": "item_x",
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "a"}],
            },
        },
        "invalid_value",
        "previous_item_id",
    ),
    "response with both modalities": (
        {"type": "response.create", "response": {"output_modalities": ["text", "audio"]}},
        "invalid_value",
        "response.output_modalities",
    ),
    "response in the beta's shape": (
        {"type": "response.create", "response": {"modalities": ["audio"]}},
        "unknown_parameter",
        "response.modalities",
    ),
}


def test_refusals_say_what_would_be_right():
    with pytest.raises(EventRefused) as refused:
        wire_module.check(audio_in(format="g711_ulaw"))
    assert str(refused.value) == (
        "Invalid type for 'session.audio.input.format': expected an object, but got a string "
        "instead."
    )
    with pytest.raises(EventRefused) as refused:
        wire_module.check(audio_in(turn_detection={"type": "nope"}))
    assert str(refused.value).endswith("Supported values are: 'server_vad' or 'semantic_vad'.")


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(wire, name):
    event, code, param = REFUSED[name]
    if isinstance(event, dict):
        event = {**event, "event_id": "mine"}
    before = wire.session._session()
    wire.send(event)
    (error,) = wire.errors()
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert error["event_id"] == ("mine" if isinstance(event, dict) else None)
    if code is not None:
        assert error["code"] == code
    if param is not None:
        assert error["param"] == param
    assert wire.session._session() == before
    assert not wire.closed
    await wire.speak()
    assert wire.of("response.done")[-1]["response"]["status"] == "completed"


async def test_a_binary_frame_is_refused(wire):
    wire.session.refuse_binary()
    assert wire.errors()[0]["code"] == "invalid_event"
