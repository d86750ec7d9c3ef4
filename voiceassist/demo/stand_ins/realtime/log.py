"""What happened in recent Realtime sessions, bounded, for tests and measurements. Pure."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

MAX_SESSIONS = 200
MAX_EVENTS = 2000
_DELTA = "response.output_audio.delta"
_AUDIO = "input_audio_buffer.append"


@dataclass
class SessionLog:
    """Events of one session. `at` is `time.monotonic()` in seconds, one clock per machine.

    `received` holds whole client events but for audio; of `sent`, audio is cut to its length.
    """

    model: str = ""
    session_id: str = ""
    frames_in: int = 0
    first_audio_at: float = 0.0
    closed: bool = False
    received: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    sent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))

    def note_received(self, event: dict[str, Any]) -> None:
        """A client event came in."""
        if event.get("type") == _AUDIO:
            self.frames_in += 1
            self.first_audio_at = self.first_audio_at or time.monotonic()
            return
        self.received.append({"at": time.monotonic(), "event": event})

    def note_sent(self, event: dict[str, Any]) -> None:
        """A server event went out."""
        if event["type"] == _DELTA:
            event = {**event, "delta": len(event["delta"])}
        self.sent.append({"at": time.monotonic(), "event": event})

    def types_received(self) -> list[str]:
        """The types of client events in order, audio left out."""
        return [str(entry["event"].get("type")) for entry in self.received]

    def types_sent(self) -> list[str]:
        """The types of server events in order."""
        return [str(entry["event"]["type"]) for entry in self.sent]

    def received_of(self, kind: str) -> list[dict[str, Any]]:
        """The client events of one type."""
        return [entry["event"] for entry in self.received if entry["event"].get("type") == kind]

    def sent_of(self, kind: str) -> list[dict[str, Any]]:
        """The server events of one type."""
        return [entry["event"] for entry in self.sent if entry["event"]["type"] == kind]

    def as_json(self) -> dict[str, Any]:
        """A JSON-able dictionary."""
        return {
            "model": self.model,
            "session_id": self.session_id,
            "frames_in": self.frames_in,
            "first_audio_at": self.first_audio_at,
            "closed": self.closed,
            "received": list(self.received),
            "sent": list(self.sent),
        }


class Journal:
    """The logs of the last sessions, oldest first."""

    def __init__(self) -> None:
        self.sessions: deque[SessionLog] = deque(maxlen=MAX_SESSIONS)

    def open(self, model: str) -> SessionLog:
        """Begins a log."""
        log = SessionLog(model=model)
        self.sessions.append(log)
        return log
