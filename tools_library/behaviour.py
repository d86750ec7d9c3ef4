"""How a tool behaves around its run, whatever its kind; pydantic and the standard library only.

One such object is part of every version of a tool. What it leaves open, the tool's side-effect
class decides (see `services.limits`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}$")]

ErrorExposure = Literal["auto", "summarized", "passthrough", "hidden"]
OnInterrupt = Literal["auto", "keep", "cancel"]
OnDuplicate = Literal["auto", "allow", "reject", "reuse"]
Approval = Literal["none", "confirm", "staff"]
YesHolds = Literal["always", "conversation", "once"]
AnsweredBy = Literal["operator", "builder", "admin", "owner"]

ESCALATE_S = (10, 86_400)
"""The least and the most after which a question goes to admins."""


class Part(BaseModel):
    """Base: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SpokenMessage(Part):
    """What is said at one moment of a run: variants by language, one of them is taken in turn.

    `"*"` holds the variants for every language that has none of its own.
    """

    phrases: dict[Language | Literal["*"], tuple[Phrase, ...]] = Field(max_length=40)

    @field_validator("phrases")
    @classmethod
    def _said(cls, phrases: Mapping[str, tuple[str, ...]]) -> Any:
        if not phrases or any(not variants or len(variants) > 20 for variants in phrases.values()):
            raise ValueError("Write 1 to 20 phrases for each language.")
        return phrases

    def variants(self, language: str) -> tuple[str, ...]:
        """Return what may be said in a language, such as `es` or `es-MX`; empty for nothing."""
        for key in (language, language.partition("-")[0], "*"):
            if key in self.phrases:
                return self.phrases[key]
        return ()


class DelayedMessage(SpokenMessage):
    """Said once a run has taken `after_ms`, unless the caller or the assistant speaks."""

    after_ms: int = Field(default=2_500, ge=500, le=60_000)


class Messages(Part):
    """What the caller hears around a run; nothing where a moment is null."""

    start: SpokenMessage | None = None
    delayed: DelayedMessage | None = None
    complete: SpokenMessage | None = None
    failed: SpokenMessage | None = None


class RateLimit(Part):
    """At most `runs` within any `seconds`."""

    runs: int = Field(ge=1, le=100_000)
    seconds: int = Field(ge=1, le=86_400)


class Behaviour(Part):
    """The platform's own settings of a tool, beside its kind's configuration.

    Attributes:
        fixed_parameters: arguments that the model neither sees nor can change; `${}` works.
        visible_fields: dotted paths into the answer's `data` that the model may see; empty: all.
        answer_max_bytes: of the output that the model gets, as JSON.
        error_exposure: `passthrough` tells the model the tool's own words, `summarized` one
            sentence by cause, `hidden` only that it failed; `auto` passes on what the tool itself
            answered and summarizes the rest.
        on_interrupt: when the caller speaks while it runs; `auto`: reads are cancelled.
        on_duplicate: equal arguments again within one call or conversation; `auto`: reads run
            again, everything else gives the first run's outcome.
        runs_per_call: at most so many in one call or conversation.
        execution_mode: `async` answers "accepted" at once and speaks of the outcome later.
        approval: who says yes when the tool's `require_confirmation` is set: the caller or user
            (`confirm`), or staff; `none` follows `require_confirmation` with `confirm`.
        answered_by: the least role of staff whose yes counts.
        four_eyes: whoever asked for the run cannot say yes to it; nobody changes its arguments.
        escalate_after_s: staff's question goes to admins after this.
        yes_holds: the longest for which a yes may be remembered; a longer one counts no more.
    """

    fixed_parameters: dict[str, Any] = Field(default_factory=dict, max_length=50)
    visible_fields: tuple[FieldPath, ...] = Field((), max_length=100)
    answer_max_bytes: int = Field(16_000, ge=200, le=64_000)
    error_exposure: ErrorExposure = "auto"
    messages: Messages = Messages()
    on_interrupt: OnInterrupt = "auto"
    on_duplicate: OnDuplicate = "auto"
    runs_per_call: int | None = Field(None, ge=1, le=1_000)
    rate_limit: RateLimit | None = None
    execution_mode: Literal["sync", "async"] = "sync"
    approval: Approval = "none"
    answered_by: AnsweredBy = "operator"
    four_eyes: bool = False
    escalate_after_s: int | None = Field(None, ge=ESCALATE_S[0], le=ESCALATE_S[1])
    yes_holds: YesHolds = "always"

    @property
    def needs_two(self) -> bool:
        """Whether two people must agree to each run."""
        return self.four_eyes and self.approval == "staff"

    @property
    def longest_yes(self) -> YesHolds:
        """The longest for which a yes may be remembered; two people are asked each time."""
        return "once" if self.needs_two else self.yes_holds


DEFAULT = Behaviour()
