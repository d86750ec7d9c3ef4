"""How the stand-ins misbehave: one frozen record that tests set for the sessions to come."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal


class BehaviourError(ValueError):
    """Not a known misbehaviour; the message lists those there are."""


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

    def changed(self, changes: dict[str, Any]) -> "Behaviour":
        """A copy with some keys changed.

        Raises: BehaviourError: an unknown key, or a value of the wrong kind.
        """
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        for key, value in changes.items():
            if key not in known:
                raise BehaviourError(f"Unknown behaviour {key!r}. Known: {', '.join(known)}.")
            wanted = type(known[key])
            fits = isinstance(value, int | float) if wanted is float else type(value) is wanted
            if not fits:
                raise BehaviourError(f"{key} must be of type {wanted.__name__}, not {value!r}.")
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """A JSON-able dictionary."""
        return asdict(self)
