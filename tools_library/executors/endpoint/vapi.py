"""The envelope of Vapi's tool servers: what they are sent and what they answer; pure.

Vapi drops an answer without a word where it is not to the letter. Here it is read as far as it can
be, and each allowance is a warning for staff.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools_library.engine.errors import ToolResponseError
from tools_library.engine.response import Mapped, to_output
from tools_library.engine.types import ToolCall, ToolSpec


def message(spec: ToolSpec, call: ToolCall, now_ms: int) -> dict[str, Any]:
    """Return the request's JSON: one `tool-calls` message with one call in it.

    The id of the call is the run's. Servers read a call's name and arguments either beside its id
    or inside `function`, so both are there.
    """
    arguments = dict(call.arguments)
    function = {"name": spec.name, "arguments": arguments}
    one = {"id": call.execution_id, "type": "function", **function, "function": function}
    declared = {
        "type": "function",
        "name": spec.name,
        "function": {"name": spec.name, "parameters": dict(spec.parameters)},
        "toolCall": one,
    }
    return {
        "message": {
            "type": "tool-calls",
            "timestamp": now_ms,
            "toolCallList": [one],
            "toolCalls": [one],
            "toolWithToolCallList": [declared],
            **_about(call.context),
        }
    }


def is_envelope(answer: Any) -> bool:
    """Return whether an answer has the form of the envelope, however loosely."""
    return isinstance(answer, Mapping) and bool({"results", "result", "error"} & set(answer))


def read(answer: Any, execution_id: str, mapped: Mapped, warnings: list[str]) -> dict[str, Any]:
    """Return the output that an answer `{"results": [{"toolCallId", "result" or "error"}]}` gives.

    Args:
        mapped: how a `result` that is an object is read.
        warnings: gets a sentence for each thing that Vapi itself would not take.

    Raises:
        ToolResponseError: no result in it is that of this call.
    """
    one = _own(_results(answer, warnings), execution_id, warnings)
    if one.get("error") not in (None, ""):
        if one.get("result") is not None:
            warnings.append("The answer holds a result and an error; the error counts.")
        return {"success": False, "message": _line(one["error"], "error", warnings)}
    result = one.get("result")
    if result is None:
        warnings.append("The answer's result is empty.")
        return {"success": True, "message": ""}
    parsed = _parsed(result, warnings)
    if parsed is not None:
        return to_output(parsed, mapped)
    return {"success": True, "message": _line(result, "result", warnings)}


def _about(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return who calls whom, as far as the run knows."""
    numbers = context.get("phone_numbers")
    to = numbers.get("to") if isinstance(numbers, Mapping) else None
    assistant = {"id": _id(context.get("assistant_id")), "name": context.get("assistant_name")}
    call = {
        "id": _id(context.get("call_sid") or context.get("conversation_id")),
        "orgId": _id(context.get("organization_id")),
        "assistantId": assistant["id"],
        "customer": {"number": context.get("phone_number")},
        "phoneNumber": {"number": to},
    }
    return {"call": call, "assistant": assistant}


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


def _results(answer: Any, warnings: list[str]) -> list[Mapping[str, Any]]:
    if not is_envelope(answer):
        raise ToolResponseError(
            "The service's answer holds no result.",
            detail='It must be {"results": [{"toolCallId": …, "result": …}]}.',
        )
    found = answer.get("results")
    if isinstance(found, Mapping):
        warnings.append("results is one object, not a list.")
        found = [found]
    if not isinstance(found, list):
        warnings.append("The answer has no list called results.")
        found = [answer]
    return [each for each in found if isinstance(each, Mapping)]


def _own(
    results: list[Mapping[str, Any]], execution_id: str, warnings: list[str]
) -> Mapping[str, Any]:
    mine = [each for each in results if str(each.get("toolCallId", "")) == execution_id]
    if mine:
        if len(mine) > 1:
            warnings.append("The answer has several results for the call; the first counts.")
        return mine[0]
    if len(results) == 1:
        given = results[0].get("toolCallId")
        warnings.append(
            "The result has no toolCallId." if given is None
            else "The result's toolCallId is not that of the call."
        )  # fmt: skip
        return results[0]
    raise ToolResponseError(
        "The service's answer holds no result for this call.",
        detail=f"{len(results)} results, none of them with the toolCallId that was sent.",
    )


def _parsed(result: Any, warnings: list[str]) -> Any:
    """Return a result that is an object or list, as such or as JSON text; else None."""
    if isinstance(result, (Mapping, list)):
        warnings.append("The result is not a text.")
        return result
    if isinstance(result, str) and result.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(result)
        except (ValueError, RecursionError):
            return None
    return None


def _line(value: Any, name: str, warnings: list[str]) -> str:
    """Return a value as one line of text."""
    if not isinstance(value, str):
        warnings.append(f"The {name} is not a text.")
        value = json.dumps(value, ensure_ascii=False)
    if len(value.splitlines()) > 1:
        warnings.append(f"The {name} has line breaks.")
    return " ".join(value.split("\n")).replace("\r", "")
