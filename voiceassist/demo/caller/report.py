"""What a simulated call was like, as JSON-able data; imports the standard library."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Words:
    """Something said (`caller`), heard (`assistant`) or said by the phone company (`phone`)."""

    who: str
    text: str
    at_ms: int


@dataclass(frozen=True)
class PlayedRun:
    """Audio heard without a gap; `stream` is an index into `stream_sids`."""

    stream: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class MarkSeen:
    """A mark: when it came, when it was echoed, and whether `clear` did that."""

    stream: int
    name: str
    received_ms: int
    echoed_ms: int
    flushed: bool


@dataclass(frozen=True)
class ClearSeen:
    """A `clear`: how much of the audio since the last silence was played, and how much lost."""

    stream: int
    at_ms: int
    played_ms: int
    lost_ms: int


@dataclass(frozen=True)
class Posted:
    """A webhook of ours and how it was answered; status 0: not at all."""

    what: str
    url: str
    status: int
    ms: int


@dataclass(frozen=True)
class Warned:
    """A message the phone company would ignore, with its warning's number."""

    code: str
    text: str
    stream: int


@dataclass(frozen=True)
class CallReport:
    """One call as its caller saw it; every `*_ms` that is a time counts from the first `start`.

    `ended_by`: `caller`, `server`, `transfer`, `outside` (`hang_up()`), `time_limit`, `error`.
    `error_code`: empty, or `unreachable`, `refused`, `webhook_failed`, `bad_twiml`, `rejected`,
    `stream_refused`. `turn_latency_ms`: end of the caller's words to the first audio after them;
    `barge_in_ms`: begin of the caller's words over the assistant to `clear`.
    """

    call_sid: str
    from_number: str
    to_number: str
    ended_by: str
    duration_ms: int
    error_code: str = ""
    error: str = ""
    stream_sids: list[str] = field(default_factory=list)
    reconnects: int = 0
    frames_in: int = 0
    frames_out: int = 0
    first_greeting_ms: int | None = None
    turn_latency_ms: list[int] = field(default_factory=list)
    barge_in_ms: list[int] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    keys: str = ""
    dialled: list[str] = field(default_factory=list)
    played: list[PlayedRun] = field(default_factory=list)
    played_ms: int = 0
    played_ms_at_clear: list[int] = field(default_factory=list)
    clears: list[ClearSeen] = field(default_factory=list)
    marks: list[MarkSeen] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    twiml: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    posts: list[Posted] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return everything as dictionaries, lists, texts and numbers."""
        return asdict(self)
