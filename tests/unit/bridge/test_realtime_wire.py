"""Our side of OpenAI Realtime, held against the vendor's own types."""

import json

import pytest
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import TypeAdapter

from calls.bridge import model_events as ev
from calls.bridge import realtime_wire as wire
from calls.bridge.ports import ModelSettings
from calls.bridge.realtime import realtime_url

client_events = TypeAdapter(RealtimeClientEvent)
server_events = TypeAdapter(RealtimeServerEvent)

SETTINGS = ModelSettings(
    model="gpt-realtime-2.1",
    instructions="Be kind.",
    voice="marin",
    language="en",
    transcription_model="gpt-transcribe",
    turn_detection={"type": "server_vad", "threshold": 0.5, "interrupt_response": True},
    noise_reduction="near_field",
    tools=({"type": "function", "name": "f", "description": "d", "parameters": {}},),
)

SENT = [
    wire.session_update(SETTINGS, listening=True, event_id="e"),
    wire.session_update(SETTINGS, listening=False, event_id="e"),
    wire.turn_detection_update(SETTINGS, event_id="e"),
    wire.turn_detection_update(None, event_id="e"),
    wire.clear_audio(),
    wire.append_audio("AAAA"),
    wire.create_response("req_1", None),
    wire.create_response("req_1", "Say hello."),
    wire.cancel_response("e"),
    wire.truncate("item", 0, 120, "e"),
    wire.delete_item("item", "e"),
    wire.tool_output("call", "{}", "e"),
    wire.message("user", "hello", "e"),
    wire.message("assistant", "hello", "e"),
    wire.message("system", "hello", "e"),
]


@pytest.mark.parametrize("raw", SENT, ids=lambda raw: json.loads(raw)["type"])
def test_everything_we_send_is_an_event_of_the_vendor_without_extra_fields(raw):
    event = client_events.validate_json(raw)
    assert json.loads(event.model_dump_json(exclude_unset=True)) == json.loads(raw)


def test_audio_goes_in_and_out_as_pcmu_without_a_rate():
    session = json.loads(SENT[0])["session"]
    assert session["type"] == "realtime"
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["output"]["format"] == {"type": "audio/pcmu"}


def test_not_listening_turns_detection_off_and_nothing_else():
    on, off = (json.loads(raw)["session"] for raw in SENT[:2])
    assert off["audio"]["input"].pop("turn_detection") is None
    assert on["audio"]["input"].pop("turn_detection")["type"] == "server_vad"
    assert on == off


FUNCTION_CALL = {
    "type": "response.output_item.done",
    "event_id": "e",
    "response_id": "r",
    "output_index": 0,
    "item": {
        "id": "fc",
        "type": "function_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "look",
        "arguments": '{"a":1}',
    },
}
RECEIVED = [
    (
        {
            "type": "response.output_audio.delta",
            "event_id": "e",
            "response_id": "r",
            "item_id": "i",
            "output_index": 0,
            "content_index": 2,
            "delta": "AAAA",
        },
        ev.Audio("r", "i", 2, "AAAA"),
    ),
    (
        {
            "type": "input_audio_buffer.speech_started",
            "event_id": "e",
            "item_id": "i",
            "audio_start_ms": 320,
        },
        ev.SpeechStarted("i", 320),
    ),
    (
        {
            "type": "response.created",
            "event_id": "e",
            "response": {"id": "r", "status": "in_progress", "metadata": {"request": "req_7"}},
        },
        ev.ResponseStarted("r", "req_7"),
    ),
    (
        {
            "type": "response.done",
            "event_id": "e",
            "response": {
                "id": "r",
                "status": "failed",
                "status_details": {
                    "type": "failed",
                    "error": {"code": "rate_limit_exceeded", "type": "x"},
                },
                "usage": {"total_tokens": 7},
            },
        },
        ev.ResponseEnded("r", "failed", "", "rate_limit_exceeded", "", {"total_tokens": 7}),
    ),
    (FUNCTION_CALL, ev.ToolCalled("r", "fc", "call_1", "look", '{"a":1}')),
    (
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "event_id": "e",
            "item_id": "i",
            "content_index": 0,
            "transcript": "Hello",
            "usage": {"type": "duration", "seconds": 1},
        },
        ev.CallerSaid("i", "Hello"),
    ),
    (
        {
            "type": "error",
            "event_id": "e",
            "error": {
                "type": "invalid_request_error",
                "code": "response_cancel_not_active",
                "message": "m",
                "event_id": "mine",
            },
        },
        ev.Problem("response_cancel_not_active", "m", "mine"),
    ),
]


@pytest.mark.parametrize(("wire_event", "event"), RECEIVED, ids=lambda v: type(v).__name__)
def test_the_vendors_events_reach_the_session_in_its_own_terms(wire_event, event):
    server_events.validate_python(wire_event)
    assert wire.decode(json.dumps(wire_event).encode()) == event


def test_an_interrupted_function_call_is_no_call():
    for status in ("incomplete", "in_progress"):
        item = FUNCTION_CALL["item"] | {"status": status, "arguments": '{"a":'}
        assert wire.decode(json.dumps(FUNCTION_CALL | {"item": item}).encode()) is None


def test_unknown_events_are_nothing_and_unreadable_ones_a_problem():
    assert wire.decode(b'{"type":"response.invented","x":[1]}') is None
    for raw in (b"{", b"[]", b'{"type":"response.created"}', b"\xff"):
        assert wire.decode(raw).code == "unreadable_event"


def test_the_socket_address_follows_the_api_base():
    assert realtime_url("https://api.example.com/v1", "gpt r") == (
        "wss://api.example.com/v1/realtime?model=gpt%20r"
    )
    assert realtime_url("http://127.0.0.1:9/v1/", "m") == "ws://127.0.0.1:9/v1/realtime?model=m"
