"""What the random calls follow: tools of every kind, short limits."""

from __future__ import annotations

from dataclasses import replace

from calls.bridge.ports import CallPlan, ModelSettings, Phrases, ToolTraits

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
    "transferring": "One moment, I am putting you through.",
    "transfer_failed": "Nobody there.",
}
WORDS = Phrases(
    start=("One moment.", "Let me see."),
    delayed=("Still looking.",),
    delayed_after_s=1.0,
    complete=("Found it.",),
    failed=("That did not work.",),
)
DESTINATIONS = {"Sales": "+12025550143", "+12025550143": "+12025550143"}
TOOLS = {
    "read_a": ToolTraits("worker", "read", 0, 3.0),
    "read_b": ToolTraits("worker", "read", 0, 3.0),
    "write_a": ToolTraits("worker", "write", 2, 3.0),
    "write_b": ToolTraits("worker", "write", 1, 3.0),
    "read_kept": ToolTraits("worker", "read", 0, 3.0, "keep"),
    "write_cancelled": ToolTraits("worker", "write", 3, 3.0, "cancel", WORDS),
    "read_told": ToolTraits("worker", "read", 0, 3.0, "keep", WORDS),
    "write_told": ToolTraits("worker", "write", 2, 3.0, phrases=WORDS),
    "endCall": ToolTraits("session", "irreversible", 10_000, 3.0),
    "transferCall": ToolTraits("session", "irreversible", 10_000, 3.0),
    "press_keys": ToolTraits("session", "write", 10_000, 3.0),
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
        "destinations": DESTINATIONS,
    }
    return CallPlan(**(values | changes))


def plan_of(seed: int) -> CallPlan:
    """The plan of a random call: some greet to the end, in some the acts need somebody's yes."""
    tools = {
        name: replace(traits, asked=seed % 7 == 3) if traits.runs_at == "session" else traits
        for name, traits in TOOLS.items()
    }
    return plan(first_message_interruptible=seed % 3 != 0, tools=tools)
