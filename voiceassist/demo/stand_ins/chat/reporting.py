"""What the mind says of what its tools gave back: one sentence for each. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from voiceassist.demo.stand_ins.chat.wishes import EMOJI, Call
from voiceassist.demo.stand_ins.realtime.rules import fill

_LONGEST = 300
_VERDICTS = (
    ("declined", re.compile(r"\b(reject|den(?:y|ied)|declin|refus)", re.IGNORECASE)),
    ("late", re.compile(r"\b(time_?out|timed[ _]out|expired|no answer)", re.IGNORECASE)),
    ("cancelled", re.compile(r"\bcancel", re.IGNORECASE)),
    ("edited", re.compile(r"\b(edited|changed)\b", re.IGNORECASE)),
)
_TELLING = ("notice", "status", "code", "error_code", "error", "user_action", "decision", "outcome")
_TEXTS = ("message", "result", "text", "answer", "value", "response", "reason", "error")


def report(asked: list[dict[str, Any]], outputs: Mapping[str, str], planned: list[Call]) -> str:
    """A sentence for each call, in the order in which they were made.

    `asked` are the calls as the conversation has them, `outputs` the answers by id, `planned`
    what the same wish makes the mind call again: it says which rule they came from.
    """
    names = [str(call["function"]["name"]) for call in asked]
    read = [_read(outputs.get(call["id"], "")) for call in asked]
    ruled = _by_rule(names, read, planned)
    if ruled:
        return ruled
    return " ".join(
        _sentence(name, str(call["function"]["arguments"]), result)
        for name, call, result in zip(names, asked, read, strict=True)
    )


def _by_rule(names: list[str], read: list[Any], planned: list[Call]) -> str:
    rule = planned[0].rule if planned else None
    if rule is None or [call.name for call in planned] != names or any(map(_verdict, read)):
        return ""
    if any(call.rule is not rule for call in planned):
        return ""
    values: dict[str, Any] = dict(planned[0].groups or {})
    for name, result in zip(names, read, strict=True):
        values[name] = result if isinstance(result, Mapping) else {"message": str(result)}
        values.setdefault("message", _text(result))
    template = rule.trouble if any(map(_has_failed, read)) else rule.then
    return fill(template, values)


def _sentence(name: str, arguments: str, result: Any) -> str:
    verdict, text = _verdict(result), _text(result)
    if verdict == "declined":
        return f"You declined {name}: {text}"
    if verdict == "late":
        return f"There was no answer to {name} in time. {text}"
    if verdict == "cancelled":
        return f"{name} was cancelled. {text}"
    if verdict == "edited":
        return f"{name} ran as you edited it: {text}"
    if _has_failed(result):
        return f"{name} did not work: {text}"
    if name == "show_emoji":
        return f"I've displayed the {_emoji_name(arguments)} emoji for you."
    return f"{name}: {text}"


def _verdict(result: Any) -> str:
    if isinstance(result, Mapping):
        told = " ".join(str(result[key]) for key in _TELLING if result.get(key))
        if result.get("edited"):
            return "edited"
    else:
        told = str(result)[:80]
    return next((verdict for verdict, words in _VERDICTS if words.search(told)), "")


def _has_failed(result: Any) -> bool:
    return isinstance(result, Mapping) and (
        result.get("success") is False or bool(result.get("error")) or bool(result.get("is_error"))
    )


def _text(result: Any) -> str:
    """The words of a result for a person, ended by a mark; with the platform's own, if any."""
    text = _words(result).strip()[:_LONGEST]
    text = text if text.endswith((".", "!", "?")) else f"{text}."
    notice = result.get("notice") if isinstance(result, Mapping) else None
    return f"{text} {notice}" if isinstance(notice, str) and notice else text


def _words(result: Any) -> str:
    if isinstance(result, list) and result:
        return _words(result[0])
    if not isinstance(result, Mapping):
        return str(result) if result not in ("", None) else "done"
    for key in _TEXTS:
        value = result.get(key)
        if isinstance(value, Mapping) and value:
            return _words(value)
        if isinstance(value, str) and value:
            return value
    for key in ("results", "hits", "passages", "data"):
        if isinstance(result.get(key), (list, Mapping)) and result[key]:
            return _words(result[key])
    return json.dumps(result, ensure_ascii=False)


def _read(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return output


def _emoji_name(arguments: str) -> str:
    known = {sign: name for name, sign in EMOJI.items()}
    read = _read(arguments)
    sign = str(read.get("emoji") or "") if isinstance(read, Mapping) else ""
    return known.get(sign, sign or "right")
