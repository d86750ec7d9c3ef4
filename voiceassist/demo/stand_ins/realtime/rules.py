"""The stand-in model's mind: keyword rules that decide what to say and which tools to call.

Pure: no sockets, no clock. Imports the scenario models only.
"""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.scenario import Rule, ToolCallRule

# The product asks for fixed sentences with these words; they are obeyed to the letter.
_EXACTLY = re.compile(r'Say exactly this and nothing more: "(.*)"', re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_.]+)\}")


@dataclass(frozen=True)
class Say:
    """A spoken (or written) message."""

    text: str
    language: str = "en"


@dataclass(frozen=True)
class UseTool:
    """A function call with its JSON arguments."""

    name: str
    arguments: str


Plan = tuple[Say | UseTool, ...]


@dataclass(frozen=True)
class ToolOutput:
    """What came back for one call: the text of its `function_call_output`."""

    name: str
    output: str


@dataclass(frozen=True)
class Turn:
    """What the model has in front of it when it is asked to answer.

    `tools` are the parameter schemas of the declared tools by name.
    """

    instructions: str = ""
    heard: str | None = None
    scenario: str = ""
    outputs: tuple[ToolOutput, ...] = ()
    timed_out: bool = False
    resumed: bool = False
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def coerce(value: str, schema: Mapping[str, Any]) -> Any:
    """A text as the JSON type that a parameter's schema asks for; unchanged where impossible."""
    kind = schema.get("type")
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        return value
    return value.lower() in {"true", "yes"} if kind == "boolean" else value


def _read(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return {"message": output}


def _look_up(path: str, values: Mapping[str, Any]) -> str:
    current: Any = values
    for part in path.split("."):
        current = current.get(part) if isinstance(current, Mapping) else None
    return "" if current is None else str(current)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`{a.b}` replaced by values; `{message}` in the place of a text whose values are missing."""
    missing = False

    def replace(found: re.Match[str]) -> str:
        nonlocal missing
        text = _look_up(found[1], values)
        missing = missing or not text
        return text

    filled = _PLACEHOLDER.sub(replace, template).strip()
    return str(values.get("message") or filled) if missing else filled


def matches(rule: Rule, heard: str) -> dict[str, str] | None:
    """The named groups of a rule that fits what was heard, or None."""
    text = heard.lower()
    if not any(re.search(rf"\b{re.escape(word)}", text) for word in rule.keywords):
        return None
    if not rule.pattern:
        return {}
    found = re.search(rule.pattern, text)
    return found.groupdict(default="") if found else None


class Mind:
    """Answers one session; remembers which rule is waiting for its tools."""

    def __init__(self, scenario: str = scenarios.DEFAULT) -> None:
        self._scenario = scenario
        self._rule: Rule | None = None
        self._groups: dict[str, str] = {}
        self._calls: tuple[ToolCallRule, ...] = ()
        self._fallback = itertools.count()
        self._line = itertools.count()

    def unread_speech(self, seconds: float) -> str:
        """Words for speech without a mark: the scenario's next line, else its length."""
        lines = scenarios.model_of(self._scenario).caller_lines
        index = next(self._line)
        return lines[index] if index < len(lines) else f"[speech, {seconds:.1f} s]"

    def answer(self, turn: Turn) -> Plan:
        """What to say and call; never empty."""
        if turn.scenario in scenarios.names():
            self._scenario = turn.scenario
        exact = _EXACTLY.search(turn.instructions)
        if exact:
            return (self._say(exact[1]),)
        if turn.outputs:
            report = self._report(turn.outputs, turn.tools)
            # What was said while the tools ran is answered too, if there is a rule for it.
            more = self._matching(turn.heard, turn.tools) if turn.heard else None
            return (*report, *(more or ()))
        lines = scenarios.model_of(self._scenario)
        if turn.timed_out:
            return (self._say(lines.idle),)
        if turn.heard:
            return self._respond(turn.heard, turn.tools)
        if turn.resumed:
            return (self._say(lines.fallbacks[0]),)
        return (self._say(lines.greeting),)

    def _say(self, text: str) -> Say:
        return Say(text, scenarios.load(self._scenario).language)

    def _respond(self, heard: str, tools: Mapping[str, Mapping[str, Any]]) -> Plan:
        plan = self._matching(heard, tools)
        if plan is not None:
            return plan
        lines = scenarios.model_of(self._scenario)
        fallback = lines.fallbacks[next(self._fallback) % len(lines.fallbacks)]
        return (self._say(fallback),)

    def _matching(self, heard: str, tools: Mapping[str, Mapping[str, Any]]) -> Plan | None:
        for rule in scenarios.model_of(self._scenario).rules:
            groups = matches(rule, heard)
            if groups is not None and (self._calls or not rule.repeat_calls):
                return self._apply(rule, groups, tools)
        return None

    def _apply(
        self, rule: Rule, groups: dict[str, str], tools: Mapping[str, Mapping[str, Any]]
    ) -> Plan:
        if rule.repeat_calls:
            groups = self._groups
        calls = self._calls if rule.repeat_calls else rule.calls
        uses = self._uses(calls, groups, tools)
        if uses:
            self._rule, self._groups, self._calls = rule, groups, calls
        said = [self._say(fill(rule.say, groups))] if rule.say else []
        if not said and not uses:
            return (self._say(scenarios.model_of(self._scenario).no_tool),)
        return (*said, *uses)

    def _uses(
        self,
        calls: tuple[ToolCallRule, ...],
        groups: dict[str, str],
        tools: Mapping[str, Mapping[str, Any]],
    ) -> list[UseTool]:
        return [self._use(call, groups, tools[call.tool]) for call in calls if call.tool in tools]

    def _use(
        self, call: ToolCallRule, groups: dict[str, str], schema: Mapping[str, Any]
    ) -> UseTool:
        properties = schema.get("properties") or {}
        arguments = {
            name: coerce(fill(template, groups), properties.get(name) or {})
            for name, template in call.arguments.items()
        }
        return UseTool(call.tool, json.dumps(arguments))

    def _report(
        self, outputs: tuple[ToolOutput, ...], tools: Mapping[str, Mapping[str, Any]]
    ) -> Plan:
        values: dict[str, Any] = dict(self._groups)
        failed = asked = False
        for output in outputs:
            read = _read(output.output)
            if not isinstance(read, Mapping):
                read = {"message": str(read)}
            values[output.name] = read
            trouble = read.get("success") is False or "error" in read
            if trouble or "message" not in values:
                values["message"] = read.get("message") or read.get("error") or "Done."
            failed = failed or trouble
            asked = asked or bool(read.get("awaiting_approval"))
        rule, template = self._rule, "{message}"
        if rule is not None:
            template = rule.trouble if failed else rule.then
            template = rule.asks if asked and rule.asks else template
        said = self._say(fill(template, values))
        insists = asked and rule is not None and rule.insists
        return (said, *(self._uses(self._calls, self._groups, tools) if insists else ()))
