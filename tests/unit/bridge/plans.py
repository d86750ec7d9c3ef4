"""What the random calls follow: tools of every kind, short limits."""

from __future__ import annotations

from calls.bridge.ports import CallPlan, ModelSettings, ToolTraits

SENTENCES = {
    "still_there": "Still there?",
    "silence_goodbye": "Nobody there, goodbye.",
    "time_limit_goodbye": "Time is up, goodbye.",
    "model_failed": "Something failed.",
    "technical_goodbye": "Technical trouble.",
    "staff_goodbye": "We end here.",
    "farewell": "Goodbye.",
    "waiting_for_staff": "I am asking a colleague.",
    "resumed": "Back again.",
}
TOOLS = {
    "read_a": ToolTraits("worker", "read", 0, 3.0),
    "read_b": ToolTraits("worker", "read", 0, 3.0),
    "write_a": ToolTraits("worker", "write", 2, 3.0),
    "write_b": ToolTraits("worker", "write", 1, 3.0),
    "endCall": ToolTraits("session", "irreversible", 10_000, 3.0),
}


def plan(**changes) -> CallPlan:
    """A plan with tools of every kind; `changes` override fields."""
    settings = ModelSettings(
        model="m",
        instructions="i",
        voice="v",
        language="en",
        transcription_model="t",
        turn_detection={"type": "server_vad", "interrupt_response": True, "create_response": True},
    )
    values = {
        "settings": settings,
        "sentences": SENTENCES,
        "first_message": "Hello.",
        "farewell": SENTENCES["farewell"],
        "silence_timeout_s": 6.0,
        "max_duration_s": 45.0,
        "tools": TOOLS,
    }
    return CallPlan(**(values | changes))
