"""A whole request, judged as the real service does, and what is left of it for the mind.

Imports the SDK's list of parameters, and jsonschema for the tools' schemas.
"""

import re
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsBase,
    CompletionCreateParamsStreaming,
)

from voiceassist.demo.stand_ins.chat.errors import Refused, invalid, missing, wrong_type
from voiceassist.demo.stand_ins.chat.messages import check_messages

MODELS = ("gpt-5-mini", "gpt-5", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "stand-in")
EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")
_KNOWN = frozenset(CompletionCreateParamsBase.__annotations__) | frozenset(
    CompletionCreateParamsStreaming.__annotations__
)
_CHAT_MODEL = re.compile(r"(gpt-|chatgpt-|o\d|stand-in)[\w.-]*")
_REASONS = re.compile(r"(gpt-5|o\d)")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_TOOLS = 128


@dataclass(frozen=True)
class Order:
    """What is asked: `tools` are the parameter schemas by name, without those it may not call.

    `must_call` is the tool that must be called, `*` for any, empty for none.
    """

    model: str
    messages: list[dict[str, Any]]
    tools: dict[str, dict[str, Any]]
    must_call: str = ""
    one_call: bool = False
    streams: bool = False
    includes_usage: bool = False
    user: str = ""


def check_key(authorization: str) -> None:
    """Refuses a request without a key; a key with the word `invalid` in it is a wrong one.

    Raises: Refused
    """
    kind, _, key = authorization.partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        raise Refused(
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            status=401,
        )
    if "invalid" in key or " " in key.strip():
        raise Refused(
            f"Incorrect API key provided: {key[:4]}****. You can find your API key at "
            "https://platform.openai.com/account/api-keys.",
            status=401,
            code="invalid_api_key",
        )


def check_model(model: Any) -> str:
    """The model's name.

    Raises: Refused: there is none such, or it does not chat.
    """
    if model is None or model == "":
        raise Refused("you must provide a model parameter")
    if not isinstance(model, str):
        raise wrong_type("model", "a string", model)
    if not _CHAT_MODEL.fullmatch(model):
        raise Refused(
            f"The model `{model}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
        )
    if re.search("realtime|transcribe|tts|audio|embedding|image", model):
        raise Refused(
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
            status=404,
            param="model",
        )
    return model


def check(body: Any) -> Order:
    """What a request asks for.

    Raises: Refused
    """
    if not isinstance(body, dict):
        raise Refused("We could not parse the JSON body of your request.")
    unknown = sorted(body.keys() - _KNOWN)
    if unknown:
        raise Refused(
            f"Unknown parameter: '{unknown[0]}'.", param=unknown[0], code="unknown_parameter"
        )
    model = check_model(body.get("model"))
    check_messages(body.get("messages"))
    streams = _boolean(body, "stream")
    options = body.get("stream_options")
    if options is not None and not streams:
        raise Refused(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    _check_numbers(body, model)
    must_call, tools = _choice(body.get("tool_choice"), _tools(body))
    return Order(
        model=model,
        messages=body["messages"],
        tools=tools,
        must_call=must_call,
        one_call=body.get("parallel_tool_calls") is False,
        streams=streams,
        includes_usage=bool((options or {}).get("include_usage")),
        user=str(body.get("user") or ""),
    )


def _boolean(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong_type(name, "a boolean", value)
    return bool(value)


def _check_numbers(body: dict[str, Any], model: str) -> None:
    temperature = body.get("temperature")
    if temperature is not None:
        _check_temperature(temperature, model)
    if body.get("max_tokens") is not None and _REASONS.match(model):
        raise Refused(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    for name in ("max_tokens", "max_completion_tokens"):
        value = body.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise wrong_type(name, "an integer", value)
        if value is not None and value < 1:
            raise invalid(
                f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got "
                f"{value} instead.",
                name,
                "integer_below_min_value",
            )
    if body.get("n") not in (None, 1):
        raise invalid("The stand-in makes one choice only.", "n")


def _check_temperature(value: Any, model: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type("temperature", "a decimal", value)
    if not 0 <= value <= 2:
        raise invalid(
            f"Invalid 'temperature': decimal out of range. Expected a value from 0 to 2, but got "
            f"{value} instead.",
            "temperature",
            "decimal_above_max_value" if value > 2 else "decimal_below_min_value",
        )
    if value != 1 and _REASONS.match(model):
        raise invalid(
            f"Unsupported value: 'temperature' does not support {value} with this model. Only the "
            "default (1) value is supported.",
            "temperature",
            "unsupported_value",
        )


def _tools(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tools = body.get("tools")
    if tools is None:
        return {}
    if not isinstance(tools, list):
        raise wrong_type("tools", "an array of objects", tools)
    if not tools or len(tools) > _MOST_TOOLS:
        size, code = ("empty array", "empty_array") if not tools else ("too long", "array_too_long")
        raise invalid(
            f"Invalid 'tools': {size}. Expected an array with 1 to {_MOST_TOOLS} items, but got "
            f"{len(tools)} instead.",
            "tools",
            code,
        )
    schemas: dict[str, dict[str, Any]] = {}
    for index, tool in enumerate(tools):
        name, schema = _tool(tool, f"tools[{index}]")
        if name in schemas:
            raise invalid(f"Two tools are named '{name}'.", f"tools[{index}].function.name")
        schemas[name] = schema
    return schemas


def _tool(tool: Any, path: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(tool, dict):
        raise wrong_type(path, "an object", tool)
    if tool.get("type") != "function":
        raise invalid(
            f"Invalid value: '{tool.get('type')}'. Supported values are: 'function' and 'custom'.",
            f"{path}.type",
        )
    function = tool.get("function")
    if not isinstance(function, dict):
        raise missing(f"{path}.function")
    name = function.get("name")
    if name is None:
        raise missing(f"{path}.function.name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(
            f"Invalid '{path}.function.name': string does not match pattern. Expected a string "
            "that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            f"{path}.function.name",
        )
    return name, _schema(function.get("parameters"), name, f"{path}.function.parameters")


def _schema(schema: Any, name: str, path: str) -> dict[str, Any]:
    if schema is None:
        return {}
    trouble = ""
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        kind = schema.get("type") if isinstance(schema, dict) else schema
        trouble = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    else:
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            trouble = f"{error.message[:200]}"
    if trouble:
        raise invalid(
            f"Invalid schema for function '{name}': {trouble}", path, "invalid_function_parameters"
        )
    found: dict[str, Any] = schema
    return found


def _choice(choice: Any, tools: dict[str, dict[str, Any]]) -> tuple[str, dict[str, dict[str, Any]]]:
    """What must be called, and what may be."""
    if choice in (None, "auto"):
        return "", tools
    if not tools and choice != "none":
        raise Refused(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are "
            "specified.",
            param="tool_choice",
        )
    if choice == "none":
        return "", {}
    if choice == "required":
        return "*", tools
    name = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    if name not in tools:
        raise invalid(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
    return name, {name: tools[name]}
