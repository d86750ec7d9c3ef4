"""What a session needs from outside, and what it is told about its call; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from calls.bridge.model_events import ResponseEnded


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the caller hears around a tool's run, in the call's language; variants take turns."""

    start: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()
    delayed_after_s: float = 2.5
    complete: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolTraits:
    """What the session must know of a tool to handle its calls."""

    runs_at: str = "worker"  # worker, session or browser
    side_effect: str = "write"
    execution_order: int = 0
    timeout_s: float = 10.0
    on_interrupt: str = "auto"  # auto: reads are cancelled; keep; cancel
    asked: bool = False  # somebody must say yes before it runs
    phrases: Phrases = Phrases()


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """An earlier utterance, given to a new model session of the same call."""

    role: str  # caller, assistant, or system for what neither of them said
    text: str


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How the model's session is set up.

    `turn_detection` and `noise_reduction` are in the model's own JSON shape; `tools` are flat
    function definitions (`type`, `name`, `description`, `parameters`).
    """

    model: str
    instructions: str
    voice: str
    language: str
    transcription_model: str
    turn_detection: Mapping[str, Any]
    noise_reduction: str | None = None
    tools: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Everything a session needs to know before the first frame; times in seconds."""

    settings: ModelSettings
    sentences: Mapping[str, str]
    first_message: str = ""
    first_message_interruptible: bool = True
    farewell: str = ""
    silence_timeout_s: float = 20.0
    max_duration_s: float = 600.0
    tools: Mapping[str, ToolTraits] = field(default_factory=dict)
    history: tuple[HistoryItem, ...] = ()
    destinations: Mapping[str, str] = field(default_factory=dict)  # label or number → number
    resumed: bool = False
    returns_with: str = "resumed"  # key of the sentence that a resumed stream begins with
    news: tuple[str, ...] = ()  # what came of tools while no stream was open
    position_offset: int = 0
    offset_ms: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """The caller heard a question to its end and took a turn after that, by `Timers.now`."""

    question: int
    heard_at: float
    turn_at: float


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call of the model, as it is handed to the tools.

    `said` is no word of the model's: it is what the session witnessed of the caller.
    """

    call_id: str
    name: str
    arguments: str
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one side has said so far; ms are counted from the start of the call's first stream."""

    item_id: str
    position: int
    role: str
    text: str
    heard_text: str
    status: str  # in_progress, completed, interrupted, failed
    at_ms: int
    generated_ms: int = 0
    heard_ms: int = 0
    latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Where the caller is put through to once the stream has closed.

    `tool_call_id` is the model's call that asked for it, `asked_by` the id of the user who did.
    """

    number: str
    name: str = ""
    tool_call_id: str = ""
    asked_by: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the call ends: `say` is spoken by the phone company's voice, not by the model.

    `tool_call_id` is the model's call that asked for it.
    """

    reason: str
    detail: str = ""
    say: str = ""
    resume: bool = False  # the caller stays: the next stream goes on with the call
    transfer: Transfer | None = None  # the caller stays, and is put through
    tool_call_id: str = ""


class Phone(Protocol):
    """The caller's side of the stream."""

    def send(self, text: str) -> None:
        """Queue one message; never blocks."""

    def finish(self, ending: Ending) -> None:
        """Write down how the call ends, then close the stream; called once."""


class Model(Protocol):
    """The voice model's side; each method queues one event and never blocks."""

    def configure(self, settings: ModelSettings, *, listening: bool) -> None:
        """Set the session up; not `listening` means no turn detection for now."""

    def listen(self, settings: ModelSettings) -> None:
        """Forget the audio so far and detect turns from now on."""

    def deafen(self) -> None:
        """Detect no turns any more."""

    def append_audio(self, payload: str) -> None:
        """Let the model hear base64 μ-law."""

    def create_response(self, request: str, instructions: str | None) -> None:
        """Ask for one response, on `instructions` of its own where given."""

    def cancel_response(self) -> None:
        """Stop the active response."""

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Tell the model how much of an item was heard."""

    def delete_item(self, item_id: str) -> None:
        """Tell the model that nothing of an item was heard."""

    def answer_tool(self, call_id: str, output: str) -> None:
        """Give a function call its output."""

    def add_message(self, role: str, text: str) -> None:
        """Add a text item: `user`, `assistant` or `system`."""


class Tools(Protocol):
    """Runs tool calls; answers in the session's thread, by `Session.on_tool_outcome`.

    Before that it may report `on_tool_waiting` and then `on_tool_began`; a tool that the caller
    must agree to is answered by `on_tool_question`. What the session itself is to do is allowed by
    `on_tool_allowed`.
    """

    def start(self, call: ToolCall) -> None:
        """Begin a run; exactly one outcome follows unless the call ends first."""

    def begin_here(self, call: ToolCall) -> None:
        """Record a run that the session has begun and will end with `finish_here`.

        One that was allowed is recorded already. A transfer that was handed over to the phone
        company is ended by that instead.
        """

    def finish_here(self, call_id: str, code: str, message: str) -> None:
        """Record how a run ended that the session began; `code` is empty for success."""

    def cancel(self, call_id: str) -> None:
        """End a run that was started: the caller spoke, and nobody waits for it any more."""

    def refuse(self, call: ToolCall, code: str, message: str) -> None:
        """Record a run that will not take place."""

    def heard(self, question: int, at: float) -> None:
        """Record that the caller has heard a question to its end."""

    def abandon(self) -> None:
        """The call is over: nobody waits for outcomes any more."""


class Journal(Protocol):
    """Where the call is written down; each method returns at once."""

    def answered(self, stream_sid: str) -> None:
        """The stream began."""

    def words(self, utterance: Utterance, delta: str) -> None:
        """Words while they are spoken; not kept."""

    def said(self, utterance: Utterance) -> None:
        """An utterance was placed, or changed for good; kept."""

    def watched(self) -> bool:
        """Whether anybody looks on; if not, levels need not be measured."""

    def problem(self, code: str, message: str) -> None:
        """The model refused something, or had a trouble of its own; for the log."""

    def level(self, caller_db: float, assistant_db: float, speaking: str) -> None:
        """How loud both sides are; not kept."""

    def interrupted(self, count: int) -> None:
        """The caller cut the assistant short for the `count`th time."""

    def used(self, response: ResponseEnded) -> None:
        """A response is over and has used tokens."""


class Timers(Protocol):
    """Time: real in production, virtual in tests."""

    def now(self) -> float:
        """Return seconds of a clock that never goes back."""

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Run `callback` after `seconds`; the returned function prevents it."""
