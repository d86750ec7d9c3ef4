"""An answer from outside as `{"success", "message", "data"?}`; imports only the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools_library.engine.cleaning import Uncleanable, clean, clean_text
from tools_library.engine.errors import ToolResponseError

EXCERPT = 200
_MISSING = object()
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)
_CHARSETS = frozenset({"iso-8859-1", "iso-8859-15", "latin-1", "windows-1252", "utf-16"})
_PAGE = re.compile(r"<(!doctype\s+html|html)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\s+|<!--.*?-->|<\?xml[^>]*>", re.DOTALL)

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Mapped:
    """Where an answer says what: dotted paths into its JSON.

    With `success_values` a run succeeded when the success field holds one of them.
    """

    success_field: str = "success"
    message_field: str = "message"
    data_field: str = "data"
    success_values: tuple[Scalar, ...] = ()


def parse_body(body: bytes, content_type: str, mask: Callable[[str], str] = str) -> Any:
    """Return the JSON of a body, or its text where it does not claim to be JSON; None when empty.

    Args:
        mask: hides secrets in the excerpt that an error carries.

    Raises:
        ToolResponseError: it claims to be JSON and is not, is a web page, or no text at all.
    """
    text = _decode(body, content_type)
    if text is None:
        raise _garbage("The answer is not text.", body, mask)
    if not text.strip():
        return None
    if _is_page(text):
        raise _garbage("The answer is a web page, made for people.", body, mask)
    claims_json = "json" in content_type.lower()
    if not claims_json and text.lstrip()[:1] not in ("{", "["):
        return clean_text(text)
    try:
        return clean(json.loads(text, object_pairs_hook=_unambiguous))
    except (ValueError, RecursionError) as error:
        known = isinstance(error, (Uncleanable, _TwiceError))
        if not claims_json and not known:
            return clean_text(text)
        reason = str(error) if known else "it is not valid JSON"
        raise _garbage(f"The answer cannot be read: {reason}.", body, mask) from None


def to_output(answer: Any, mapped: Mapped) -> dict[str, Any]:
    """Map a parsed answer.

    Without the success field an answer counts as a success, unless `success_values` are named;
    without the data field all of it is the data.

    Raises:
        ToolResponseError: the success field holds something that is neither true nor false.
    """
    if isinstance(answer, str):
        return {"success": True, "message": answer}
    output: dict[str, Any] = {
        "success": _success(answer, mapped),
        "message": text_of(look_up(answer, mapped.message_field)),
    }
    data = look_up(answer, mapped.data_field)
    if data is not _MISSING:
        output["data"] = data
    elif answer is not None:
        output["data"] = answer
    return output


def message_in(answer: Any, mapped: Mapped) -> str:
    """Return the message an answer carries, or nothing; never raises."""
    return text_of(look_up(answer, mapped.message_field))


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


def truth(value: Any) -> bool | None:
    """Return what a success field means: true and false as such, as 1 and 0 or as a usual word."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    words = {"true": True, "ok": True, "success": True, "false": False, "error": False}
    return words.get(value.lower()) if isinstance(value, str) else None


def text_of(value: Any) -> str:
    """Return a message as text; what is none is written as JSON, nothing as nothing."""
    if value is _MISSING or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def excerpt(body: bytes, mask: Callable[[str], str] = str) -> str:
    """Return the first characters of a body as text; masked first, so that no half secret stays."""
    return clean_text(mask(body.decode("utf-8", "replace"))[:EXCERPT])


def _is_page(text: str) -> bool:
    """Return whether a text is a web page, whatever comments it begins with."""
    at = 0
    while aside := _ASIDE.match(text, at):
        at = aside.end()
    return _PAGE.match(text, at) is not None


class _TwiceError(ValueError):
    """An object of the answer names a key twice."""


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; one reader would take a key's first value, another one its last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError("an object in it names one key twice")
    return found


def _success(answer: Any, mapped: Mapped) -> bool:
    value = look_up(answer, mapped.success_field)
    if not mapped.success_values:
        return _answered_truth(value)
    # 1 and true are equal in Python, not in JSON.
    return any(type(value) is type(each) and value == each for each in mapped.success_values)


def _answered_truth(value: Any) -> bool:
    meant = True if value is _MISSING else truth(value)
    if meant is not None:
        return meant
    raise ToolResponseError(
        "The service's answer does not say whether it worked.",
        detail=f"success field: {json.dumps(value, ensure_ascii=False)[:EXCERPT]}",
    )


def _decode(body: bytes, content_type: str) -> str | None:
    """Return the body as text, in the character set it names if that is a usual one."""
    named = _CHARSET.search(content_type)
    charset = named.group(1).lower() if named else ""
    try:
        return body.decode(charset if charset in _CHARSETS else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def _garbage(message: str, body: bytes, mask: Callable[[str], str]) -> ToolResponseError:
    return ToolResponseError(
        "The service answered with something unreadable.",
        detail=f"{message} It begins: {excerpt(body, mask)}",
    )
