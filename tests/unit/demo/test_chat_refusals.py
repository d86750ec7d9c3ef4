"""What the chat stand-in refuses, in the words and shape of the real service."""

import pytest

from tests.unit.demo.chat_orders import TEXT, answered, asked, body, schema, user
from voiceassist.demo.stand_ins.chat.checks import check
from voiceassist.demo.stand_ins.chat.errors import Refused

HELLO = [user("hello")]
CALL = ("look", "{}")
TOOL = {"type": "function", "function": {"name": "look", "parameters": schema(a=TEXT)}}


def refused(given):
    with pytest.raises(Refused) as found:
        check(given)
    answer = found.value.answer()
    assert set(answer.body["error"]) == {"message", "type", "param", "code"}
    return answer.status, answer.body["error"]


def assistant(content="Hi.", **more):
    return {"role": "assistant", "content": content, **more}


GOOD = [
    HELLO,
    [{"role": "system", "content": "Be kind."}, *HELLO],
    [{"role": "developer", "content": [{"type": "text", "text": "Be kind."}]}, *HELLO],
    [*HELLO, asked(CALL, CALL), *answered("1", "2")],
    [*HELLO, asked(CALL, CALL), *reversed(answered("1", "2")), assistant(), user("more")],
    [*HELLO, asked(CALL, content="One moment."), *answered(""), asked(CALL), *answered("2")],
]


@pytest.mark.parametrize("messages", GOOD, ids=range(len(GOOD)))
def test_conversations_that_are_taken(messages):
    assert check(body(messages)).messages == messages


@pytest.mark.parametrize(
    ("messages", "says", "param"),
    [
        (None, "Missing required parameter: 'messages'", "messages"),
        ("hello", "expected an array of objects, but got a string", "messages"),
        ([], "empty array", "messages"),
        (["hello"], "expected an object", "messages[0]"),
        ([{"content": "x"}], "Missing required parameter", "messages[0].role"),
        ([{"role": "robot", "content": "x"}], "Supported values are: 'system'", "messages[0].role"),
        ([{"role": "user"}], "expected a string, got null", "messages[0].content"),
        ([{"role": "user", "content": 7}], "one of a string", "messages[0].content"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "text parts only",
         "messages[0].content[0].type"),
        ([*HELLO, assistant(None)], "got null", "messages[1].content"),
        ([*HELLO, assistant(tool_calls=[])], "empty array", "messages[1].tool_calls"),
        ([*HELLO, assistant(tool_calls={})], "an array of objects", "messages[1].tool_calls"),
        ([*HELLO, asked(CALL)], "did not have response messages: c0", "messages.[2].role"),
        ([*HELLO, asked(CALL, CALL), *answered("1")], "response messages: c1", "messages.[3].role"),
        ([*HELLO, asked(CALL), user("so?")], "response messages: c0", "messages.[2].role"),
        ([*HELLO, *answered("1")], "must be a response to a preceeding message",
         "messages.[1].role"),
        ([*HELLO, asked(CALL), *answered("1"), *answered("1")], "Duplicate value",
         "messages[3].tool_call_id"),
        ([*HELLO, asked(CALL), {"role": "tool", "tool_call_id": "c9", "content": ""}], "Unknown",
         "messages[2].tool_call_id"),
        ([*HELLO, asked(CALL), *answered("1"), assistant(), *answered("1")],
         "must be a response", "messages.[4].role"),
        ([*HELLO, asked(CALL), {"role": "tool", "content": ""}], "Missing required parameter",
         "messages[2].tool_call_id"),
    ],
)  # fmt: skip
def test_conversations_that_are_refused(messages, says, param):
    status, error = refused(body(messages))
    assert status == 400
    assert says in error["message"]
    assert error["param"] == param


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "x" * 41}, "Expected a string with maximum length 40"),
        ({"id": ""}, "Missing required parameter"),
        ({"type": "tool"}, "Supported values are: 'function'"),
        ({"function": None}, "Missing required parameter"),
        ({"function": {"name": "look"}}, "messages[1].tool_calls[0].function.arguments"),
        ({"function": {"name": "look", "arguments": {}}}, "expected a string, but got an object"),
    ],
)
def test_calls_in_the_history_that_are_refused(changes, says):
    message = asked(CALL)
    message["tool_calls"][0].update(changes)
    assert says in refused(body([*HELLO, message, *answered("1")]))[1]["message"]


def test_two_calls_with_one_id():
    message = asked(CALL, CALL)
    message["tool_calls"][1]["id"] = "c0"
    assert "Duplicate value" in refused(body([*HELLO, message, *answered("1")]))[1]["message"]


@pytest.mark.parametrize(
    ("tools", "says", "code"),
    [
        ([], "empty array", "empty_array"),
        ([TOOL] * 129, "too long", "array_too_long"),
        ([TOOL, TOOL], "Two tools are named 'look'", "invalid_value"),
        ({}, "an array of objects", "invalid_type"),
        (["look"], "expected an object", "invalid_type"),
        ([{"type": "function", "name": "look"}], "'tools[0].function'",
         "missing_required_parameter"),
        ([{"type": "mcp"}], "Supported values are", "invalid_value"),
        ([{"type": "function", "function": {}}], "'tools[0].function.name'",
         "missing_required_parameter"),
        ([{"type": "function", "function": {"name": "look up"}}], "does not match pattern",
         "invalid_value"),
        ([{"type": "function", "function": {"name": "x" * 65}}], "does not match pattern",
         "invalid_value"),
        ([{"type": "function", "function": {"name": "look", "parameters": {"type": "string"}}}],
         "got 'type: \"string\"'", "invalid_function_parameters"),
        ([{"type": "function", "function": {"name": "look", "parameters": "{}"}}],
         "Invalid schema for function 'look'", "invalid_function_parameters"),
        ([{"type": "function", "function": {"name": "look",
           "parameters": schema(a={"type": "word"})}}],
         "Invalid schema for function 'look'", "invalid_function_parameters"),
    ],
)  # fmt: skip
def test_tools_that_are_refused(tools, says, code):
    status, error = refused({"model": "gpt-5-mini", "messages": HELLO, "tools": tools})
    assert (status, error["code"]) == (400, code)
    assert says in error["message"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"frobnicate": 1}, "Unknown parameter: 'frobnicate'"),
        ({"stream": "yes"}, "expected a boolean"),
        ({"stream_options": {"include_usage": True}}, "only allowed when 'stream' is enabled"),
        ({"temperature": 3}, "Expected a value from 0 to 2"),
        ({"temperature": "hot"}, "expected a decimal"),
        ({"temperature": 0.5}, "does not support 0.5 with this model"),
        ({"max_tokens": 10}, "Use 'max_completion_tokens' instead"),
        ({"max_completion_tokens": 0}, "below minimum value"),
        ({"max_completion_tokens": True}, "expected an integer"),
        ({"n": 2}, "one choice only"),
        ({"tool_choice": "required"}, "only allowed when 'tools' are specified"),
        ({"model": None}, "must provide a model"),
        ({"model": 7}, "expected a string"),
    ],
)
def test_options_that_are_refused(changes, says):
    assert says in refused(body(HELLO, {}, **changes))[1]["message"]


def test_a_tool_choice_that_there_is_not():
    choice = {"type": "function", "function": {"name": "nope"}}
    assert "'nope' not found" in refused(body(HELLO, tool_choice=choice))[1]["message"]


def test_models_that_take_a_temperature():
    assert check(body(HELLO, model="gpt-4o", temperature=0.5, max_tokens=10)).model == "gpt-4o"


@pytest.mark.parametrize("given", [None, [], "x", 7])
def test_a_body_that_is_no_object(given):
    assert "could not parse the JSON body" in refused(given)[1]["message"]
