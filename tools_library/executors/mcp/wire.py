"""Messages of MCP on the wire: JSON-RPC 2.0 as JSON or Server-Sent Events; imports the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from tools_library.engine.errors import ToolArgumentsError, ToolError, ToolResponseError

ACCEPT = "application/json, text/event-stream"
_LINE = re.compile(r"\r\n|\r|\n")
_BETWEEN = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\r|\n)")
_LONGEST_END = 4
_INVALID_PARAMS = -32602
_SHOWN = 300


def request(number: int, method: str, params: dict[str, Any]) -> bytes:
    """Return a request's body."""
    return _dump({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str) -> bytes:
    """Return the body of what wants no answer."""
    return _dump({"jsonrpc": "2.0", "method": method})


def answer_to(
    number: int, body: bytes, content_type: str, mask: Callable[[str], str] = str
) -> dict[str, Any]:
    """Return the message that answers request `number`; others, such as progress, are passed over.

    Raises:
        ToolResponseError: there is none, or the body is not what its type says.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "text/event-stream":
            # It is left once the answer is there, be it in the middle of a later event's letter.
            found = [json.loads(data) for data in _events(body.decode("utf-8", "replace"))]
        elif kind == "application/json":
            whole = json.loads(body.decode("utf-8"))
            found = whole if isinstance(whole, list) else [whole]
        else:
            raise _unusable(f"It is of type {kind[:60] or 'nothing'!r}.", body, mask)
    except (ValueError, RecursionError):
        raise _unusable("It is not valid JSON.", body, mask) from None
    for message in found:
        if _answers(message, number):
            answer: dict[str, Any] = message
            return answer
    raise _unusable("It has no answer to the request.", body, mask)


class Awaited:
    """Finds in the pieces of an event stream, as they come, that a request's answer is there."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._open = bytearray()  # of an event whose end has not come

    def comes_with(self, piece: bytes) -> bool:
        """Return whether an event that ends in this piece answers the request."""
        known = max(0, len(self._open) - _LONGEST_END)  # searched before: drops cost no more
        self._open += piece
        while found := _BETWEEN.search(self._open, known):
            event, known = bytes(self._open[: found.start()]), 0
            del self._open[: found.end()]
            if self._is_it(event):
                return True
        return False

    def _is_it(self, event: bytes) -> bool:
        with suppress(ValueError, RecursionError):
            text = event.decode("utf-8") + "\n\n"
            return any(_answers(json.loads(data), self._number) for data in _events(text))
        return False


def refused(error: dict[str, Any], mask: Callable[[str], str] = str) -> ToolError:
    """Return the tool's error for a JSON-RPC error; wrong arguments the model can mend.

    Args:
        mask: hides secrets, before anything is cut.
    """
    code = error.get("code")
    said = mask(str(error.get("message") or "no reason given"))[:_SHOWN]
    detail = f"JSON-RPC error {mask(str(code))[:_SHOWN]}: {said}"
    if code == _INVALID_PARAMS:
        return ToolArgumentsError(f"The MCP server does not take this: {said}", detail=detail)
    return ToolResponseError(f"The MCP server answered with an error: {said}", detail=detail)


def error_code(body: bytes, content_type: str) -> int | None:
    """Return the code of a JSON-RPC error in a refusal, None where it holds none."""
    if "json" not in content_type.lower():
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = message.get("error") if isinstance(message, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else None


def _answers(message: Any, number: int) -> bool:
    if not isinstance(message, dict) or message.get("id") != number or "method" in message:
        return False
    if isinstance(message.get("id"), bool):
        return False
    return isinstance(message.get("result"), dict) or isinstance(message.get("error"), dict)


def _events(text: str) -> Iterator[str]:
    """Yield the data of each event; an event without an empty line after it is not one."""
    data: list[str] = []
    for line in _LINE.split(text.removeprefix("\ufeff")):
        if not line:
            if data and "".join(data).strip():
                yield "\n".join(data)
            data = []
        elif line == "data" or line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))


def _unusable(reason: str, body: bytes, mask: Callable[[str], str]) -> ToolResponseError:
    begins = mask(body.decode("utf-8", "replace"))[:200]
    return ToolResponseError(
        "The MCP server answered with something unusable.",
        detail=f"{reason} It begins: {begins}",
    )


def _dump(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
