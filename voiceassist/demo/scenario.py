"""Scenarios: what the simulated caller does and how the stand-in model answers, as JSON files.

Imports pydantic and the standard library only.
"""

import functools
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

FOLDER = Path(__file__).parent / "scenarios"
DEFAULT = "demo"


class ScenarioError(ValueError):
    """There is no such scenario, or its file is wrong; the message says which."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listen(_Strict):
    """Wait until the assistant has spoken (or `words` were heard) and then been quiet.

    `quiet_ms` 0: do not wait for the end of what is being said.
    """

    do: Literal["listen"] = "listen"
    quiet_ms: int = 350
    at_most_ms: int = 12_000
    words: str = ""


class Speak(_Strict):
    """Say something."""

    do: Literal["say"] = "say"
    text: str


class BargeIn(_Strict):
    """Wait until the assistant has been heard for `after_ms`, then talk over it."""

    do: Literal["barge_in"] = "barge_in"
    text: str
    after_ms: int = 900
    at_most_ms: int = 12_000


class Wait(_Strict):
    """Stay silent for some time."""

    do: Literal["wait"] = "wait"
    ms: int


class Keys(_Strict):
    """Press keys, one every 150 ms."""

    do: Literal["keys"] = "keys"
    digits: str = Field(pattern=r"^[0-9*#]+$")


class HangUp(_Strict):
    """End the call from the caller's side."""

    do: Literal["hang_up"] = "hang_up"


class LoseNetwork(_Strict):
    """Drop the media socket without saying `stop`."""

    do: Literal["lose_network"] = "lose_network"


class WaitForEnd(_Strict):
    """Stay on the line until the other side ends the call."""

    do: Literal["wait_for_end"] = "wait_for_end"
    at_most_ms: int = 15_000


Step = Annotated[
    Listen | Speak | BargeIn | Wait | Keys | HangUp | LoseNetwork | WaitForEnd,
    Field(discriminator="do"),
]


class ToolCallRule(_Strict):
    """One call: argument values may use the rule's named groups as `{group}`."""

    tool: str
    arguments: dict[str, str] = Field(default_factory=dict)


class Rule(_Strict):
    """If any keyword is heard (and `pattern` matches), say, call, and answer from the results.

    `then` and `trouble` are templates: `{group}`, `{tool_name.data.key}`, `{message}`.
    `asks` is said instead of `trouble` where a tool needs a yes first; with `insists` the model
    claims to have it and calls again.
    """

    keywords: tuple[str, ...]
    pattern: str = ""
    say: str = ""
    calls: tuple[ToolCallRule, ...] = ()
    repeat_calls: bool = False
    insists: bool = False
    then: str = "{message}"
    trouble: str = "I am sorry, that did not work. {message}"
    asks: str = ""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


class Model(_Strict):
    """The stand-in model's lines; `caller_lines` stand for speech it cannot read."""

    greeting: str
    fallbacks: tuple[str, ...] = Field(min_length=1)
    idle: str
    no_tool: str
    rules: tuple[Rule, ...] = ()
    caller_lines: tuple[str, ...] = ()


class Callee(_Strict):
    """Whoever is rung where the caller is put through, and what becomes of it."""

    outcome: Literal["answers", "busy", "no-answer", "failed"] = "answers"
    ring_ms: int = 400
    talks_ms: int = 1_000


class Scenario(_Strict):
    """One file of `scenarios/`."""

    name: str = ""
    description: str
    language: Literal["en", "es"] = "en"
    caller: tuple[Step, ...] = ()
    callee: Callee = Callee()
    model: Model | None = None


def names() -> list[str]:
    """The scenarios there are."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@functools.cache
def load(name: str) -> Scenario:
    """One scenario by name.

    Raises: ScenarioError: unknown name or wrong file.
    """
    if name not in names():
        raise ScenarioError(f"There is no scenario {name!r}. Choose one of: {', '.join(names())}.")
    try:
        found = Scenario.model_validate_json((FOLDER / f"{name}.json").read_bytes())
    except ValidationError as error:
        raise ScenarioError(f"scenarios/{name}.json is wrong: {error}") from error
    return found.model_copy(update={"name": name})


def model_of(name: str) -> Model:
    """A scenario's lines for the stand-in model; those of the default where it has none."""
    own = load(name).model
    base = load(DEFAULT).model
    if base is None:
        raise ScenarioError(f"scenarios/{DEFAULT}.json needs a `model`.")
    if own is None:
        return base
    return own.model_copy(update={"rules": own.rules + base.rules})


def fixed_lines() -> list[tuple[str, str, str]]:
    """Sentences without values, to be spoken ahead: `(text, language, role)`, assistants' first."""
    lines: list[tuple[str, str, str]] = []
    for found in map(load, names()):
        said = [step.text for step in found.caller if isinstance(step, Speak | BargeIn)]
        lines += [(text, found.language, "caller") for text in said]
        if found.model is None:
            continue
        model = found.model
        said = [model.greeting, model.idle, model.no_tool, *model.fallbacks]
        said += [text for rule in model.rules for text in (rule.say, rule.then, rule.asks)]
        lines += [(text, found.language, "assistant") for text in said if text and "{" not in text]
    return sorted(lines, key=lambda line: line[2])
