"""The published assistant as typed data; pure pydantic, no database."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Spec(BaseModel):
    """Base: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerVad(Spec):
    """Turn detection by silence."""

    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0, le=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5_000)
    silence_duration_ms: int = Field(default=500, ge=100, le=10_000)
    idle_timeout_ms: int | None = Field(default=None, ge=5_000, le=30_000)
    interrupt_response: bool = True


class SemanticVad(Spec):
    """Turn detection by meaning; has none of the numbers of `ServerVad`."""

    type: Literal["semantic_vad"] = "semantic_vad"
    eagerness: Literal["auto", "low", "medium", "high"] = "auto"
    interrupt_response: bool = True


_NUMBER = re.compile(r"(?:(?P<label>.*\S)\s*[:=]\s*)?(?P<number>\+[\d ().-]+)", re.DOTALL)


def destination(entry: str) -> tuple[str, str]:
    """Return label (may be empty) and number of `Sales: +1 202 555 0143` or of a bare number.

    Raises:
        ValueError: there is no such number.
    """
    found = _NUMBER.fullmatch(entry.strip())
    number = "+" + "".join(each for each in found["number"] if each.isdecimal()) if found else ""
    if found is None or not 8 <= len(number) <= 16 or number[1] == "0":
        raise ValueError(
            f"{entry[:60]!r} is no number with its country; write +1 202 555 0143, or with a name "
            "before it: Sales: +1 202 555 0143."
        )
    return (found["label"] or "").strip(), number


def _listed(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    label = str(entry.get("label") or entry.get("name") or "").strip()
    number = str(entry.get("number") or entry.get("phone_number") or "").strip()
    return f"{label}: {number}" if label else number


ACTS = ("endCall", "transferCall", "press_keys")


class EndCallSettings(Spec):
    """Whether and when the assistant may hang up."""

    enabled: bool = False
    scenarios: tuple[str, ...] = ()
    custom_message: str | None = None


class TransferCallSettings(Spec):
    """Whether, when and where to the assistant may transfer the caller."""

    enabled: bool = False
    scenarios: tuple[str, ...] = ()
    transfer_numbers: tuple[str, ...] = ()
    custom_message: str | None = None

    @field_validator("transfer_numbers", mode="before")
    @classmethod
    def _as_text(cls, given: Any) -> Any:
        """Take objects such as `{"label": "Sales", "number": "+1…"}` too."""
        if not isinstance(given, list | tuple):
            return given
        return [_listed(entry) for entry in given]

    @field_validator("transfer_numbers")
    @classmethod
    def _dialable(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for entry in entries:
            destination(entry)
        return entries


class ToolsSettings(Spec):
    """The shape of document 002's `tools_settings`.

    `approval` is ours: who says yes before the assistant does something to the call, by tool.
    """

    enabled_tools: tuple[str, ...] = ()
    end_call: EndCallSettings = EndCallSettings()
    transfer_call: TransferCallSettings = TransferCallSettings()
    approval: dict[str, Literal["none", "confirm", "staff"]] = {}
    custom_tools: tuple[dict[str, Any], ...] = ()

    @field_validator("approval")
    @classmethod
    def _of_acts(cls, policies: dict[str, Any]) -> dict[str, Any]:
        for name in policies:
            if name not in ACTS:
                raise ValueError(f"{name!r} is none of {', '.join(ACTS)}; other tools have theirs.")
        return policies


class AssistantSpec(Spec):
    """Everything a call needs to know of its assistant."""

    name: str
    slug: str
    instructions: str
    first_message: str = ""
    first_message_interruptible: bool = True
    language: str = "en"
    voice: str
    realtime_model: str
    transcription_model: str
    turn_detection: Annotated[ServerVad | SemanticVad, Field(discriminator="type")] = ServerVad()
    noise_reduction: Literal["near_field", "far_field"] | None = None
    silence_timeout_seconds: int = Field(default=20, ge=5, le=600)
    max_duration_seconds: int = Field(default=600, ge=10, le=3_300)
    tools_settings: ToolsSettings = ToolsSettings()
    sentences: dict[str, str] = {}


def default_tools_settings() -> dict[str, Any]:
    """Return document 002's `tools_settings` of a new assistant; ending calls is allowed."""
    settings = ToolsSettings(enabled_tools=("endCall",), end_call=EndCallSettings(enabled=True))
    return settings.model_dump(mode="json")
