"""What the real service refuses is refused, in its words, and the session lives on."""

import base64
import json

import pytest

from voiceassist.demo import voice
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.realtime import wire as wire_module
from voiceassist.demo.stand_ins.realtime.errors import EventRefused
from voiceassist.demo.stand_ins.realtime.session import RealtimeSession

PCMU = {"type": "audio/pcmu"}
SETUP = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "audio": {"input": {"format": PCMU}, "output": {"format": PCMU, "voice": "marin"}},
        "tools": [{"type": "function", "name": "lookup_order", "parameters": {"type": "object"}}],
    },
}
EXACT = 'Say exactly this and nothing more: "One two three."'


class Tones:
    """A voice that takes no time."""

    async def say(self, text, language="en", role="assistant"):
        return voice.tones(text)


class Wire:
    """A session without a socket; `errors()` are the refusals so far."""

    def __init__(self, **behaviour):
        self.sent = []
        self.closed = []
        settings = Behaviour(unknown_event_every=0, audio_rate=1000.0).changed(behaviour)
        self.session = RealtimeSession(
            "gpt-realtime-2.1",
            settings,
            Tones(),
            self.sent.append,
            lambda *why: self.closed.append(why),
        )
        self.session.begin()

    def send(self, event):
        self.session.handle(event if isinstance(event, str) else json.dumps(event))

    def errors(self):
        return [event["error"] for event in self.sent if event["type"] == "error"]

    def of(self, kind):
        return [event for event in self.sent if event["type"] == kind]

    async def speak(self, **more):
        """Let it say a sentence to the end; return the item's id."""
        self.send({"type": "response.create", "response": {"instructions": EXACT, **more}})
        response = self.session._listening.responses
        await response._task
        return self.of("response.output_item.done")[-1]["item"]["id"]


@pytest.fixture
async def wire():
    made = Wire()
    made.send(SETUP)
    yield made
    await made.session.end()


def update(**session):
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def audio_in(**more):
    return update(audio={"input": more})


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
