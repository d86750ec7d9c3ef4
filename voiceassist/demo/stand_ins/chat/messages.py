"""The messages of a request, judged as the real service does: roles, contents, calls and answers.

Pure.
"""

from typing import Any

from voiceassist.demo.stand_ins.chat.errors import Refused, invalid, missing, wrong_type

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_LONGEST_ID = 40


def check_messages(messages: Any) -> None:
    """Refuses what the real service refuses.

    Raises: Refused
    """
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    if not messages:
        raise invalid(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead.",
            "messages",
            "empty_array",
        )
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    _check_pairs(messages)


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, of its parts where it has some."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text") or "") for part in content)
    return str(content or "")


def _check_message(message: Any, path: str) -> None:
    if not isinstance(message, dict):
        raise wrong_type(path, "an object", message)
    role = message.get("role")
    if role is None:
        raise missing(f"{path}.role")
    if role not in _ROLES:
        supported = ", ".join(f"'{known}'" for known in _ROLES)
        raise invalid(
            f"Invalid value: '{role}'. Supported values are: {supported}.", f"{path}.role"
        )
    calls = message.get("tool_calls")
    if calls is not None:
        _check_calls(calls, f"{path}.tool_calls")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise missing(f"{path}.tool_call_id")
    _check_content(message, path, may_lack=role == "assistant" and bool(calls))


def _check_content(message: dict[str, Any], path: str, may_lack: bool) -> None:
    content = message.get("content")
    if content is None and may_lack:
        return
    if content is None:
        raise invalid(
            f"Invalid value for 'content': expected a string, got null. ({path})",
            f"{path}.content",
            None,
        )
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(f"{path}.content", "one of a string or array of objects", content)
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") not in ("text", "refusal"):
            raise invalid("The stand-in reads text parts only.", f"{path}.content[{index}].type")


def _check_calls(calls: Any, path: str) -> None:
    if not isinstance(calls, list):
        raise wrong_type(path, "an array of objects", calls)
    if not calls:
        raise invalid(
            f"Invalid '{path}': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead.",
            path,
            "empty_array",
        )
    seen: set[str] = set()
    for index, call in enumerate(calls):
        where = f"{path}[{index}]"
        if not isinstance(call, dict):
            raise wrong_type(where, "an object", call)
        if call.get("type") != "function":
            raise invalid(
                f"Invalid value: '{call.get('type')}'. Supported values are: 'function'.",
                f"{where}.type",
            )
        _check_id(call.get("id"), seen, where)
        _check_function(call.get("function"), f"{where}.function")


def _check_id(given: Any, seen: set[str], where: str) -> None:
    if not isinstance(given, str) or not given:
        raise missing(f"{where}.id")
    if len(given) > _LONGEST_ID:
        raise invalid(
            f"Invalid '{where}.id': string too long. Expected a string with maximum length "
            f"{_LONGEST_ID}, but got a string with length {len(given)} instead.",
            f"{where}.id",
            "string_above_max_length",
        )
    if given in seen:
        raise invalid(f"Duplicate value for 'tool_call_id': '{given}'.", f"{where}.id")
    seen.add(given)


def _check_function(function: Any, where: str) -> None:
    if not isinstance(function, dict):
        raise missing(where)
    for name in ("name", "arguments"):
        if name not in function:
            raise missing(f"{where}.{name}")
        if not isinstance(function[name], str):
            raise wrong_type(f"{where}.{name}", "a string", function[name])


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    """Each call is answered at once, each answer has its call, none is given twice."""
    open_ids: list[str] = []
    known: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            given = message["tool_call_id"]
            path = f"messages.[{index}].role"
            if not known:
                raise Refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    param=path,
                )
            if given not in open_ids:
                said = "Duplicate value for" if given in known else "Unknown"
                raise invalid(
                    f"{said} 'tool_call_id': '{given}' in 'messages[{index}]'.",
                    f"messages[{index}].tool_call_id",
                )
            open_ids.remove(given)
            continue
        _check_all_answered(open_ids, index)
        open_ids = [call["id"] for call in message.get("tool_calls") or ()]
        known = set(open_ids)
    _check_all_answered(open_ids, len(messages))


def _check_all_answered(open_ids: list[str], index: int) -> None:
    if open_ids:
        raise Refused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(open_ids),
            param=f"messages.[{index}].role",
        )
