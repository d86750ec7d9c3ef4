"""An answer from outside as `{"success", "message", "data"?}`; imports only the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools_library.engine.cleaning import Uncleanable, clean, clean_text
from tools_library.engine.errors import ToolResponseError

_EXCERPT = 200
_MISSING = object()
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)
_CHARSETS = frozenset({"iso-8859-1", "iso-8859-15", "latin-1", "windows-1252", "utf-16"})


@dataclass(frozen=True)
class Mapped:
    """Where an answer says what: dotted paths into its JSON."""

    success_field: str = "success"
    message_field: str = "message"
    data_field: str = "data"


def parse_body(body: bytes, content_type: str) -> Any:
    """Return the JSON of a body, or its text where it does not claim to be JSON; None when empty.

    Raises:
        ToolResponseError: it claims to be JSON and is not, or is no text; has an excerpt.
    """
    text = _decode(body, content_type)
    if text is None or not text.strip():
        if text is None:
            raise _garbage("The answer is not text.", body)
        return None
    claims_json = "json" in content_type.lower()
    if not claims_json and text.lstrip()[:1] not in ("{", "["):
        return clean_text(text)
    try:
        return clean(json.loads(text))
    except (ValueError, RecursionError) as error:
        if not claims_json and not isinstance(error, Uncleanable):
            return clean_text(text)
        reason = str(error) if isinstance(error, Uncleanable) else "it is not valid JSON"
        raise _garbage(f"The answer cannot be read: {reason}.", body) from None


def to_output(answer: Any, mapped: Mapped) -> dict[str, Any]:
    """Map a parsed answer.

    Without the success field an answer counts as a success; without the data field all of it is
    the data.

    Raises:
        ToolResponseError: the success field holds something that is neither true nor false.
    """
    if isinstance(answer, str):
        return {"success": True, "message": answer}
    output: dict[str, Any] = {
        "success": _truth(look_up(answer, mapped.success_field)),
        "message": _text(look_up(answer, mapped.message_field)),
    }
    data = look_up(answer, mapped.data_field)
    if data is not _MISSING:
        output["data"] = data
    elif answer is not None:
        output["data"] = answer
    return output


def message_in(answer: Any, mapped: Mapped) -> str:
    """Return the message an answer carries, or nothing; never raises."""
    return _text(look_up(answer, mapped.message_field))


def look_up(answer: Any, path: str) -> Any:
    """Return the value at a dotted path, or a private marker where there is none."""
    value = answer
    for step in path.split("."):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else _MISSING
        else:
            return _MISSING
    return value


def _truth(value: Any) -> bool:
    if value is _MISSING:
        return True
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    words = {"true": True, "ok": True, "success": True, "false": False, "error": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ToolResponseError(
        "The service's answer does not say whether it worked.",
        detail=f"success field: {json.dumps(value, ensure_ascii=False)[:_EXCERPT]}",
    )


def _text(value: Any) -> str:
    if value is _MISSING or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decode(body: bytes, content_type: str) -> str | None:
    """Return the body as text, in the character set it names if that is a usual one."""
    named = _CHARSET.search(content_type)
    charset = named.group(1).lower() if named else ""
    try:
        return body.decode(charset if charset in _CHARSETS else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def _garbage(message: str, body: bytes) -> ToolResponseError:
    excerpt = clean_text(body[:_EXCERPT].decode("utf-8", "replace"))
    return ToolResponseError(
        "The service answered with something unreadable.",
        detail=f"{message} It begins: {excerpt}",
    )
