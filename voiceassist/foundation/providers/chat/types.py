"""What goes into one step of a model, and what comes out of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One step: the conversation so far and the tools that may be called.

    `messages` and `tools` have the shapes of Chat Completions (tools nested below `function`).
    `key` names this step: it goes out as `Idempotency-Key`, the same for each attempt, and no
    other step may bear it.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    key: str
    tools: Sequence[Mapping[str, Any]] = ()
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of what the model says; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class AssembledToolCall:
    """One whole call. `id` is unique within its step, `arguments` the model's text, unchecked."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a step. `finish_reason` is the provider's word, or `refusal`.

    `tool_calls` stand in the order that the model gave them; call them whatever `finish_reason`
    says, since not every provider says `tool_calls`. `usage` is empty where none was told.
    """

    text: str
    tool_calls: tuple[AssembledToolCall, ...] = ()
    finish_reason: str = "stop"
    usage: dict[str, Any] = field(default_factory=dict)
