"""The scripted mind: what it answers to which words, and which tools it calls."""

import json

import pytest

from voiceassist.demo import scenario as scenarios
from voiceassist.demo import tools
from voiceassist.demo.stand_ins.realtime.rules import (
    Mind,
    Say,
    ToolOutput,
    Turn,
    UseTool,
    coerce,
    fill,
)

TOOLS = {tool.name: {"properties": tool.parameters} for tool in tools.TOOLS} | {"endCall": {}}


def answer(mind, **turn):
    return mind.answer(Turn(**{"tools": TOOLS, **turn}))


@pytest.mark.parametrize("name", scenarios.names())
def test_every_scenario_is_valid_and_has_lines(name):
    found = scenarios.load(name)
    assert found.description
    assert found.caller
    assert scenarios.model_of(name).greeting


def test_an_unknown_scenario_is_named_with_those_there_are():
    with pytest.raises(scenarios.ScenarioError, match="no scenario 'nope'.*barge_in.*demo"):
        scenarios.load("nope")


@pytest.mark.parametrize("name", scenarios.names())
def test_scenarios_call_tools_of_the_demo_only(name):
    builtin = {"endCall", "transferCall", "press_keys"}
    called = {call.tool for rule in scenarios.model_of(name).rules for call in rule.calls}
    assert called <= {tool.name for tool in tools.TOOLS} | builtin


def test_an_order_is_looked_up_and_the_answer_comes_from_the_output():
    mind = Mind()
    (use,) = answer(mind, heard="Hello, where is my order 1042?")
    assert use == UseTool("lookup_order", '{"order_id": "1042"}')
    output = json.dumps({"success": True, "message": "m", "data": {"status": "lost at sea"}})
    said = answer(mind, outputs=(ToolOutput("lookup_order", output),))
    assert said == (Say("Your order 1042 is lost at sea."),)


def test_a_tools_failure_is_told():
    mind = Mind()
    answer(mind, heard="order 9999")
    output = json.dumps({"success": False, "message": "There is no order 9999."})
    (said,) = answer(mind, outputs=(ToolOutput("lookup_order", output),))
    assert said.text == "I could not find order 9999. There is no order 9999."


def test_a_farewell_is_said_and_the_call_ended_in_one_response():
    said, use = answer(Mind(), heard="Great, thank you. Goodbye.")
    assert "Goodbye" in said.text
    assert use.name == "endCall"
    assert json.loads(use.arguments)["reason"]


def test_two_tools_are_called_in_one_response():
    found = answer(Mind(), heard="Please check order 1042 and book the workshop for Friday.")
    assert [use.name for use in found] == ["lookup_order", "book_appointment"]


def test_tools_that_are_not_declared_are_not_called():
    (said,) = answer(Mind(), heard="Where is order 1042?", tools={})
    assert said == Say(scenarios.model_of("demo").no_tool)


def test_a_sentence_that_was_ordered_is_said_to_the_letter():
    order = 'Say exactly this and nothing more: "Hold on, "please"."'
    assert answer(Mind(), instructions=order, heard="Where is order 1042?") == (
        Say('Hold on, "please".'),
    )


def test_asked_about_itself_it_says_that_it_is_scripted():
    (said,) = answer(Mind(), heard="Are you an AI?")
    assert "scripted stand-in" in said.text


def test_what_it_does_not_understand_gets_different_answers():
    mind = Mind()
    first, second = (answer(mind, heard="Blue elephants")[0].text for _ in range(2))
    assert first != second


def test_the_callers_scenario_chooses_language_and_lines():
    mind = Mind()
    (use,) = answer(mind, heard="Hola, mi pedido 1042", scenario="spanish")
    assert use.name == "lookup_order"
    (said,) = answer(mind, heard="adiós", tools={})
    assert said == Say("De nada. Hasta luego.", "es")


def test_words_without_a_mark_follow_the_scenario_and_then_tell_their_length():
    mind = Mind()
    heard = [mind.unread_speech(1.23) for _ in range(3)]
    assert heard == ["Hello, where is my order 1042?", "Thank you, goodbye.", "[speech, 1.2 s]"]


def test_confirming_repeats_the_last_calls():
    mind = Mind()
    (first,) = answer(mind, heard="order 1042")
    assert answer(mind, heard="yes, go ahead") == (first,)


def test_the_caller_is_asked_before_an_order_is_cancelled_and_told_afterwards():
    mind = Mind()
    (first,) = answer(mind, heard="Please cancel order 1043")
    assert first == UseTool("cancel_order", '{"order_id": "1043"}')
    waits = json.dumps({"success": False, "awaiting_approval": True, "message": "Ask first."})
    (said,) = answer(mind, outputs=(ToolOutput("cancel_order", waits),))
    assert said.text == "Shall I cancel order 1043? That cannot be undone."
    assert answer(mind, heard="Yes, please.") == (first,)
    done = json.dumps({"success": True, "message": "Order 1043 is cancelled."})
    (said,) = answer(mind, outputs=(ToolOutput("cancel_order", done),))
    assert said.text == "Order 1043 is cancelled."


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("12", "integer", 12),
        ("1.5", "number", 1.5),
        ("yes", "boolean", True),
        ("many", "integer", "many"),
        ("x", "string", "x"),
    ],
)
def test_arguments_take_the_type_of_their_parameter(value, kind, expected):
    assert coerce(value, {"type": kind}) == expected


def test_a_template_whose_value_is_missing_gives_way_to_the_message():
    assert fill("It is {a.b}.", {"a": {"b": "here"}}) == "It is here."
    assert fill("It is {a.c}.", {"a": {"b": "here"}, "message": "Found."}) == "Found."
