"""The mind of the chat stand-in: which words call which tools, and what it says of results."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.demo.chat_orders import ALL, CHAT, answered, asked, reply, reply_to, schema, user
from voiceassist.demo.stand_ins.chat.clauses import steps
from voiceassist.demo.stand_ins.chat.mind import LABEL


def told(found):
    return [(call.name, json.loads(call.arguments)) for call in found.calls]


def names(found):
    return [call.name for call in found.calls]


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("Show me an emoji", "show_emoji", {"emoji": "🙂"}),
        ("Show me a praying hands emoji", "show_emoji", {"emoji": "🙏"}),
        ("Show me a large 🚀 emoji", "show_emoji", {"emoji": "🚀", "size": "large"}),
        ("Show me a notification", "show_notification", {"message": "Hello from the agent!"}),
        ('Notify me with a warning: "Ready and done"', "show_notification",
         {"message": "Ready and done", "type": "warning"}),
        ("Please confirm that order 7 is cancelled", "confirm_action",
         {"question": "Do you confirm: order 7 is cancelled?"}),
        ("Ask me my name", "get_user_input", {"prompt": "What is your name?", "type": "text"}),
        ("Ask me for my e-mail address", "get_user_input",
         {"prompt": "What is your e-mail address?", "type": "email"}),
        ("Copy hello world to the clipboard", "copy_to_clipboard", {"text": "hello world"}),
        ("Hello, where is my order 1042?", "lookup_order", {"order_id": "1042"}),
        ("Please cancel my order 1043", "cancel_order", {"order_id": "1043"}),
        ("Book the workshop for Friday", "book_appointment", {"day": "friday"}),
        ('Send an e-mail to ben@example.com about delivery saying "It is on its way"', "send_email",
         {"to": "ben@example.com", "subject": "delivery", "body": "It is on its way"}),
        ("Send an email to ben@example.com saying your bike is ready, shiny and waiting",
         "send_email",
         {"to": "ben@example.com", "subject": "From Juniper Cycles",
          "body": "your bike is ready and shiny and waiting"}),
        ("Send an email", "send_email",
         {"to": "ana@example.com", "subject": "From Juniper Cycles",
          "body": "Hello, this is Juniper Cycles."}),
        ("What are your opening hours?", "search_knowledge_base",
         {"query": "What are your opening hours?"}),
        ("What is your return policy?", "search_knowledge_base",
         {"query": "What is your return policy?"}),
        ("Can I bring my bike back?", "search_knowledge_base",
         {"query": "Can I bring my bike back?"}),
        ("Refund order 1042 with amount=12.5", "refund_order",
         {"order_id": "1042", "amount": 12.5}),
        ('Call refund_order with {"order_id": "9", "amount": 3, "note": "x and y"}', "refund_order",
         {"order_id": "9", "amount": 3}),
        ("¿Dónde está mi pedido 1042?", "lookup_order", {"order_id": "1042"}),
        ("Goodbye", "endCall", {"reason": "The caller said goodbye."}),
    ],
)  # fmt: skip
def test_words_call_tools(text, name, arguments):
    assert told(reply(text)) == [(name, arguments)]


def test_several_wishes_are_called_in_one_step():
    found = reply("Where is order 1042, show me a thumbs up emoji and copy ABC to the clipboard")
    assert told(found) == [
        ("lookup_order", {"order_id": "1042"}),
        ("show_emoji", {"emoji": "👍"}),
        ("copy_to_clipboard", {"text": "ABC"}),
    ]
    both = reply("Both: check order 1042 and book the workshop for Friday.")
    assert names(both) == ["lookup_order", "book_appointment"]


def test_what_comes_after_then_is_another_step():
    wish = user("Look up order 1042, then show me an emoji and confirm it, then copy ABC")
    done = [("lookup_order", '{"order_id": "1042"}')]
    assert names(reply_to(wish)) == ["lookup_order"]
    second = reply_to(wish, asked(*done), *answered('{"message": "On its way."}'))
    assert names(second) == ["show_emoji", "confirm_action"]
    assert "On its way." in second.text
    third = reply_to(
        wish,
        asked(*done), *answered("x"),
        asked(("show_emoji", "{}"), ("confirm_action", "{}")), *answered("{}", "yes"),
    )  # fmt: skip
    assert names(third) == ["copy_to_clipboard"]
    last = reply_to(
        wish,
        asked(*done), *answered("x"),
        asked(("show_emoji", "{}"), ("confirm_action", "{}")), *answered("{}", "yes"),
        asked(("copy_to_clipboard", "{}")), *answered("Copied"),
    )  # fmt: skip
    assert (last.calls, last.text) == ((), "copy_to_clipboard: Copied.")


@pytest.mark.parametrize("text", ["Show me an emoji", "Where is order 1042?", "copy this"])
def test_tools_that_are_not_given_are_not_called(text):
    found = reply(text, tools={})
    assert not found.calls
    assert "no tool for that" in found.text
    assert not reply(text, tool_choice="none").calls


@pytest.mark.parametrize(("choice", "name"), [
    ("required", "show_emoji"),
    ({"type": "function", "function": {"name": "send_email"}}, "send_email"),
])  # fmt: skip
def test_a_tool_that_must_be_called_is_called(choice, name):
    assert names(reply("Good evening", tool_choice=choice)) == [name]


def test_one_call_at_a_time_where_that_is_asked_for():
    found = reply("Show me an emoji and copy ABC", parallel_tool_calls=False)
    assert names(found) == ["show_emoji"]


@pytest.mark.parametrize("text", ["hello", "Tell me a joke about rain.", "Show me an emoji", ""])
def test_the_first_words_say_that_there_is_no_ai(text):
    assert reply(text).text.startswith(LABEL)
    later = reply_to(user("hello"), {"role": "assistant", "content": "Hi."}, user(text))
    assert LABEL not in later.text


def test_what_is_not_in_the_script_is_answered_with_what_it_can_do():
    found = reply("Tell me a joke about rain.")
    assert not found.calls
    assert "show_emoji" in found.text
    assert "not understand" in reply("Tell me a joke about rain.", tools={}).text


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ('{"success": true, "message": "It is done"}', "copy_to_clipboard: It is done."),
        ("Copied!", "copy_to_clipboard: Copied!"),
        ("", "copy_to_clipboard: done."),
        ('{"result": {"value": "ABC"}}', "copy_to_clipboard: ABC."),
        ('{"copied": 3}', 'copy_to_clipboard: {"copied": 3}.'),
        ('{"status": "rejected", "reason": "Not now"}', "You declined copy_to_clipboard: Not now."),
        ("The user rejected this call.",
         "You declined copy_to_clipboard: The user rejected this call."),
        ('{"error": "denied", "message": "No"}', "You declined copy_to_clipboard: No."),
        ('{"error": "timeout", "message": "Nobody came"}',
         "There was no answer to copy_to_clipboard in time. Nobody came."),
        ('{"error_code": "expired", "message": "Late"}',
         "There was no answer to copy_to_clipboard in time. Late."),
        ('{"status": "cancelled", "message": "Stopped"}',
         "copy_to_clipboard was cancelled. Stopped."),
        ('{"edited": true, "message": "XYZ copied"}',
         "copy_to_clipboard ran as you edited it: XYZ copied."),
        ('{"success": true, "message": "OK", "notice": "Kim changed the arguments: text."}',
         "copy_to_clipboard ran as you edited it: OK. Kim changed the arguments: text."),
        ('{"success": false, "message": "No clipboard"}',
         "copy_to_clipboard did not work: No clipboard."),
        ('{"error": "No clipboard"}', "copy_to_clipboard did not work: No clipboard."),
    ],
)  # fmt: skip
def test_each_result_is_named_as_what_it_is(result, says):
    found = reply_to(user("Copy ABC"), asked(("copy_to_clipboard", "{}")), *answered(result))
    assert (found.text, found.calls) == (says, ())


def test_results_are_told_in_the_order_of_the_calls_whatever_the_order_of_the_answers():
    first, second = answered("one", "two")
    found = reply_to(
        user("copy ABC and notify me"),
        asked(("copy_to_clipboard", "{}"), ("show_notification", "{}")),
        second,
        first,
    )
    assert found.text == "copy_to_clipboard: one. show_notification: two."


def test_a_scenarios_own_words_tell_its_results():
    order = user("Where is order 1042?")
    call = asked(("lookup_order", '{"order_id": "1042"}'))
    good = '{"success": true, "data": {"status": "in the van"}}'
    assert reply_to(order, call, *answered(good)).text == "Your order 1042 is in the van."
    bad = '{"success": false, "message": "No such order."}'
    said = reply_to(order, call, *answered(bad)).text
    assert said == "I could not find order 1042. No such order."


def test_passages_of_the_knowledge_base_are_read_out():
    found = {"results": [{"text": "We open at nine.", "title": "Hours"}, {"text": "No"}]}
    said = reply_to(
        user("When do you open?"),
        asked(("search_knowledge_base", "{}")),
        *answered(json.dumps(found)),
    )
    assert said.text == "search_knowledge_base: We open at nine."


def test_a_new_message_begins_anew():
    found = reply_to(
        user("copy ABC"), asked(("copy_to_clipboard", "{}")), *answered("cancelled"),
        user("Show me an emoji"),
    )  # fmt: skip
    assert names(found) == ["show_emoji"]


def test_quotes_and_objects_are_not_cut():
    parts = steps('do "a and b, then c" and use {"x": {"y": "1, 2 and 3"}} then stop', bool)
    assert parts == [['do "a and b, then c"', 'use {"x": {"y": "1, 2 and 3"}}'], ["stop"]]


VALUES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "email"},
        {"type": "string", "minLength": 5, "maxLength": 9},
        {"type": "integer", "minimum": 3},
        {"type": "number", "maximum": 2},
        {"type": "boolean"},
        {"type": ["null", "integer"]},
        {"enum": ["red", "green"]},
        {"const": 7},
        {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
    ]
)


@given(
    st.dictionaries(st.from_regex("[a-z]{1,6}", fullmatch=True), VALUES, max_size=5),
    st.sampled_from(["", " with 4", ' x="y"', " a=1, b: two", " in green"]),
)
def test_arguments_fit_any_schema(properties, words):
    wanted = {**schema(*properties, **properties), "additionalProperties": False}
    (call,) = reply("call do_it" + words, tools={"do_it": wanted}).calls
    assert call.name == "do_it"
    Draft202012Validator(wanted).validate(json.loads(call.arguments))


@given(st.text(max_size=80))
def test_any_message_gets_an_answer_that_fits(text):
    found = reply(text)
    assert found.text
    for call in found.calls:
        Draft202012Validator(ALL[call.name]).validate(json.loads(call.arguments))


@given(st.text(max_size=60), st.sampled_from(sorted(CHAT)))
def test_any_result_gets_an_answer(result, name):
    assert reply_to(user("copy it"), asked((name, "{}")), *answered(result)).text
