"""Which tool a wish asks for, and with what: the demo's chat flows, and tools called by name.

Pure; rules that calls have too come from the scenarios.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.scenario import Rule
from voiceassist.demo.stand_ins.chat.arguments import fitting
from voiceassist.demo.stand_ins.chat.clauses import after, quoted
from voiceassist.demo.stand_ins.realtime.rules import coerce, fill, matches

Tools = Mapping[str, Mapping[str, Any]]
EMOJI = {
    "praying hands": "🙏", "thumbs up": "👍", "heart": "❤️", "party": "🎉", "rocket": "🚀",
    "bicycle": "🚲", "sad": "🙁", "wave": "👋", "smile": "🙂",
}  # fmt: skip
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PICTURE = re.compile("[\U0001f300-\U0001faff☀-➿]\ufe0f?")


@dataclass(frozen=True)
class Call:
    """One call: `rule` and `groups` say how a scenario answers from the result."""

    name: str
    arguments: str
    rule: Rule | None = None
    groups: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Flow:
    """Words that ask for one of some tools, and what the sentence says of its arguments."""

    words: re.Pattern[str]
    tools: tuple[str, ...]
    hints: Callable[[str], dict[str, Any]]


def calls_for(wish: str, tools: Tools) -> list[Call]:
    """The calls that a wish asks for; none where no tool fits."""
    named = _by_order(wish, tools) or _by_flow(_FLOWS, wish, tools)
    if named is not None:
        return [named]
    ruled, worded = _by_rule(wish, tools), _by_words(wish, tools)
    if worded and len(_words_of(worded[0].name)) > 1:
        # More words agree than a rule's one; but a rule for that tool knows its arguments.
        ruled = ruled if worded[0].name in {call.name for call in ruled} else worded
    if ruled or worded:
        return ruled or worded
    asked = _by_flow(_QUESTIONS, wish, tools)
    return [asked] if asked is not None else []


def words_for(wish: str) -> str | None:
    """What the scenarios say to a wish, whether or not its tools are there; None: nothing fits."""
    found = next(_matching(wish), None)
    return fill(found[0].say, found[1]) if found else None


def is_wish(part: str, tools: Tools) -> bool:
    """Whether a part of a sentence asks for something by itself."""
    return (
        bool(calls_for(part, tools))
        or any(rule.calls for rule, _ in _matching(part))
        or any(flow.words.search(part) for flow in _FLOWS + _QUESTIONS)
    )


def _by_order(wish: str, tools: Tools) -> Call | None:
    found = re.search(r"\b(?:call|use|run)\s+(?:the\s+)?(?:tool\s+)?([\w-]+)", wish, re.IGNORECASE)
    return _call(found[1], {}, wish, tools) if found and found[1] in tools else None


def _by_flow(flows: tuple[Flow, ...], wish: str, tools: Tools) -> Call | None:
    for flow in flows:
        name = next((name for name in flow.tools if name in tools), None)
        if name and flow.words.search(wish):
            return _call(name, flow.hints(wish), wish, tools)
    return None


def _by_rule(wish: str, tools: Tools) -> list[Call]:
    for rule, groups in _matching(wish):
        calls = [
            Call(call.tool, _filled(call.arguments, groups, tools[call.tool]), rule, groups)
            for call in rule.calls
            if call.tool in tools
        ]
        if calls:
            return calls
    return []


def _by_words(wish: str, tools: Tools) -> list[Call]:
    """A tool whose name's words all stand in the wish; the longest such name."""
    lowered = wish.lower()
    fits = [
        name
        for name in tools
        if all(re.search(rf"\b{re.escape(word)}", lowered) for word in _words_of(name))
    ]
    return [_call(max(fits, key=len), {}, wish, tools)] if fits else []


def _words_of(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)] or [name]


def _call(name: str, hints: dict[str, Any], wish: str, tools: Tools) -> Call:
    return Call(name, json.dumps(fitting(tools[name], hints, wish), ensure_ascii=False))


def _matching(wish: str) -> Iterator[tuple[Rule, dict[str, str]]]:
    base, spanish = scenarios.model_of(scenarios.DEFAULT), scenarios.load("spanish").model
    for rule in (*base.rules, *(spanish.rules if spanish else ())):
        groups = matches(rule, wish)
        if groups is not None and not rule.repeat_calls:
            yield rule, groups


def _filled(
    templates: Mapping[str, str], groups: Mapping[str, str], schema: Mapping[str, Any]
) -> str:
    properties = schema.get("properties") or {}
    return json.dumps(
        {
            name: coerce(fill(template, groups), properties.get(name) or {})
            for name, template in templates.items()
        }
    )


def _emoji(wish: str) -> dict[str, Any]:
    shown = _PICTURE.search(wish)
    lowered = wish.lower()
    named = next((sign for name, sign in EMOJI.items() if name in lowered), EMOJI["smile"])
    sign = shown[0] if shown else named
    size = re.search(r"\b(small|medium|large)\b", lowered)
    return {"emoji": sign, "symbol": sign} | ({"size": size[1]} if size else {})


def _notification(wish: str) -> dict[str, Any]:
    kind = re.search(r"\b(warning|error)\b", wish.lower())
    text = quoted(wish) or after(wish, "saying|that says|with the text") or "Hello from the agent!"
    return {"message": text, "text": text, "title": "Notification"} | (
        {"type": kind[1]} if kind else {}
    )


def _question(wish: str) -> dict[str, Any]:
    what = quoted(wish) or after(wish, "confirm(?:ation)?(?: that| whether| if| to| of)?")
    question = f"Do you confirm: {what}?" if what else "Do you want to go on?"
    return {"question": question, "message": question, "action": what or "go on"}


def _input(wish: str) -> dict[str, Any]:
    what = next((word for word in ("name", "mail", "number", "age") if word in wish.lower()), "")
    asked = {"mail": "e-mail address", "": "answer"}.get(what, what)
    kind = {"mail": "email", "number": "number", "age": "number"}.get(what, "text")
    return {"prompt": f"What is your {asked}?", "question": f"What is your {asked}?", "type": kind}


def _copy(wish: str) -> dict[str, Any]:
    text = quoted(wish) or after(wish, "copy")
    text = re.sub(r"\s*\b(?:in)?to (?:the|my|your) clipboard\b.*", "", text, flags=re.IGNORECASE)
    return {"text": text or "Juniper Cycles", "content": text or "Juniper Cycles"}


def _mail(wish: str) -> dict[str, Any]:
    address = _ADDRESS.search(wish)
    body = quoted(wish) or after(wish, "saying|that says") or "Hello, this is Juniper Cycles."
    subject = after(wish, "about").partition(" saying ")[0].partition('"')[0].strip()
    return {
        "to": address[0] if address else "ana@example.com",
        "subject": subject[:120] or "From Juniper Cycles",
        "body": body,
    }


def _query(wish: str) -> dict[str, Any]:
    return {"query": re.sub(r"\bsearch (?:for|about)\s+", "", wish, flags=re.IGNORECASE)}


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_FLOWS = (
    Flow(_any(r"\bemoji", r"praying hands", r"thumbs up"), ("show_emoji",), _emoji),
    Flow(_any(r"\bnotif"), ("show_notification",), _notification),
    Flow(_any(r"\bconfirm"), ("confirm_action",), _question),
    Flow(
        _any(r"\bask (?:me|for) (?:for |what )?(?:my )?\w+", r"\bmy (?:name|e-?mail)\b"),
        ("get_user_input",),
        _input,
    ),
    Flow(_any(r"\bcopy\b", r"clipboard"), ("copy_to_clipboard",), _copy),
    Flow(_any(r"\bsend (?:an? |me |the )*e-?mail", r"\bmail (?:to|them|her|him)\b"),
         ("send_email",), _mail),
    Flow(
        _any(r"opening hours", r"\bopen\b", r"polic(?:y|ies)", r"\bwarrant", r"\bsearch\b"),
        ("search_knowledge_base",),
        _query,
    ),
)  # fmt: skip
# Any other question, where no tool is closer to it.
_QUESTIONS = (
    Flow(
        _any(r"\breturn", r"\brefund", r"\bdeliver", r"\?\s*$", r"\bhow (?:do|can|long|much)\b"),
        ("search_knowledge_base",),
        _query,
    ),
)
