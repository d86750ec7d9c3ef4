"""Arguments that fit a tool's schema, from what a sentence gives and from guesses. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from voiceassist.demo.stand_ins.realtime.rules import coerce

_DEEPEST = 5
_NUMBERED = re.compile(r"(?:^|_)(id|number|code)$")
_STRINGS = {
    "email": "ana@example.com",
    "date": "2030-01-15",
    "date-time": "2030-01-15T09:00:00Z",
    "time": "09:00:00Z",
    "uri": "https://example.com/",
}


def fitting(schema: Mapping[str, Any], hints: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    """One value for each required property, and for each other that a hint names."""
    given = {**hints, **_named(sentence, schema), **_object_in(sentence)}
    properties = _mapping(schema.get("properties"))
    wanted = [*schema.get("required", ()), *(name for name in properties if name in given)]
    return {
        name: _value(name, _mapping(properties.get(name)), given, sentence, 0)
        for name in dict.fromkeys(map(str, wanted))
    }


def _value(
    name: str, schema: Mapping[str, Any], given: Mapping[str, Any], sentence: str, depth: int
) -> Any:
    if name in given:
        value = given[name]
        value = coerce(value, schema) if isinstance(value, str) else value
        if Draft202012Validator(schema).is_valid(value):
            return value
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        chosen = [value for value in schema["enum"] if str(value).lower() in sentence.lower()]
        return (chosen or schema["enum"])[0]
    return _guess(name, schema, sentence, depth)


def _guess(name: str, schema: Mapping[str, Any], sentence: str, depth: int) -> Any:
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind in ("integer", "number"):
        return _number(schema, sentence)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    if kind == "object":
        inner = _mapping(schema.get("properties"))
        if depth >= _DEEPEST:
            return {}
        return {
            one: _value(one, _mapping(inner.get(one)), {}, sentence, depth + 1)
            for one in map(str, schema.get("required", ()))
        }
    if kind == "array":
        few = min(int(schema.get("minItems", 0)), _DEEPEST)
        return [_value("", _mapping(schema.get("items")), {}, sentence, depth + 1)] * few
    return _words(name, schema, sentence)


def _number(schema: Mapping[str, Any], sentence: str) -> float:
    found = re.search(r"-?\d+(?:\.\d+)?", sentence)
    value = float(found[0]) if found else 1.0
    value = max(value, float(schema.get("minimum", value)))
    value = min(value, float(schema.get("maximum", value)))
    return int(value) if schema.get("type") == "integer" or value.is_integer() else value


def _words(name: str, schema: Mapping[str, Any], sentence: str) -> str:
    known = _STRINGS.get(str(schema.get("format")))
    if known:
        return known
    numbered = re.search(r"\b[\w-]*\d[\w-]*", sentence) if _NUMBERED.search(name) else None
    words = numbered[0] if numbered else sentence.strip() or "text"
    return words[: int(schema.get("maxLength", 500))].ljust(int(schema.get("minLength", 0)), ".")


def _named(sentence: str, schema: Mapping[str, Any]) -> dict[str, str]:
    """Values given by name, as in `amount=50` or `to: "Ana"`."""
    given: dict[str, str] = {}
    for name in _mapping(schema.get("properties")):
        found = re.search(
            rf'\b{re.escape(str(name))}\s*[=:]\s*(?:"([^"]*)"|([^\s,;]+))', sentence, re.IGNORECASE
        )
        if found:
            given[str(name)] = found[1] if found[1] is not None else found[2]
    return given


def _object_in(sentence: str) -> dict[str, Any]:
    """A JSON object that the sentence contains: those very arguments."""
    start, end = sentence.find("{"), sentence.rfind("}")
    try:
        found = json.loads(sentence[start : end + 1]) if start >= 0 else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
