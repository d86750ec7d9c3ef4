"""How the stand-ins misbehave: one frozen record that tests set for the sessions to come."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args, get_type_hints


class BehaviourError(ValueError):
    """Not a known misbehaviour; the message lists those there are."""


ChatFault = Literal[
    "", "server_error", "rate_limited", "no_credit",
    "empty", "length", "content_filter", "refusal",
    "loop", "unknown_tool", "broken_json", "duplicate_ids", "no_ids", "too_many_calls",
    "slow_first", "stall", "close", "endless", "garbage", "error_event",
]  # fmt: skip


@dataclass(frozen=True)
class Behaviour:
    """Times in ms; 0, "" or False means "does not happen"."""

    scenario: str = "demo"
    seed: int = 1
    # Connection
    handshake_status: int = 0
    drop_after_ms: int = 0
    drop_at_event: str = ""
    expire_after_ms: int = 0
    session_updated_delay_ms: int = 5
    session_limit_s: int = 3600
    # Speaking
    first_delta_ms: int = 2
    audio_rate: float = 6.0
    chunk_ms: int = 300
    arguments_ms: int = 0
    stale_deltas: int = 1
    # Responses
    fail_responses: int = 0
    fail_code: Literal["rate_limit_exceeded", "insufficient_quota", "server_error"] = "server_error"
    incomplete_responses: int = 0
    incomplete_reason: Literal["max_output_tokens", "content_filter"] = "max_output_tokens"
    response_races: int = 0
    repeat_calls_done: bool = False
    # Hearing
    transcripts: Literal["late", "early", "failed", "never"] = "late"
    transcript_delay_ms: int = 600
    # Noise on the wire
    unknown_event_every: int = 40
    malformed_at_event: int = 0
    error_event_every: int = 0
    # The simulated phone
    phone_scenario: str = "demo"
    phone_outcome: Literal["answer", "busy", "no-answer", "failed"] = "answer"
    phone_ring_ms: int = 300
    phone_repeat_statuses: bool = False
    phone_shuffle_statuses: bool = False
    # The MCP server
    mcp_streams: bool = False
    mcp_stateless: bool = False
    # AWS Lambda: the next so many invocations go wrong in this way
    lambda_faults: int = 0
    lambda_fault: Literal["throttled", "service_error", "garbage", "hang"] = "throttled"
    # Chat Completions: its pace; the next so many requests go wrong in this way
    chat_first_ms: float = 2
    chat_chunk_ms: float = 8
    chat_slow_ms: float = 3_000
    chat_retry_after_s: float = 1
    chat_faults: int = 0
    chat_fault: ChatFault = ""

    def changed(self, changes: dict[str, Any]) -> "Behaviour":
        """A copy with some keys changed.

        Raises: BehaviourError: an unknown key, or a value of the wrong kind.
        """
        for key, value in changes.items():
            if key not in _KINDS:
                raise BehaviourError(f"Unknown behaviour {key!r}. Known: {', '.join(_KINDS)}.")
            trouble = _trouble(key, value)
            if trouble:
                raise BehaviourError(f"{key} must be {trouble}, not {value!r}.")
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """A JSON-able dictionary."""
        return asdict(self)


_KINDS = get_type_hints(Behaviour)
_OVER_ZERO = ("audio_rate", "chunk_ms", "session_limit_s")


def _trouble(key: str, value: object) -> str:
    """What a value must be and is not; empty where it is right."""
    kind = _KINDS[key]
    choices = get_args(kind)
    if choices:
        return "" if value in choices else f"one of {', '.join(choices)}"
    if kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, (int, kind)):
            return "a number"
        least = 0 if key not in _OVER_ZERO else 0.001
        return "" if value >= least else "over 0" if key in _OVER_ZERO else "0 or more"
    return "" if isinstance(value, kind) else "true or false" if kind is bool else "a text"
