"""Words around runs, runs that end when the caller speaks, outcomes that come late."""

import json
from dataclasses import replace

import pytest

from calls.bridge import model_events as ev
from calls.bridge.ports import Phrases, ToolTraits
from tests.unit.bridge.scripted import Call, tool

SUCCESS = json.dumps({"success": True, "message": "ok"})
FAILURE = json.dumps({"success": False, "message": "no", "error_code": "timeout"})


def traits(**phrases):
    return ToolTraits("worker", "write", 0, 9.0, phrases=Phrases(**phrases))


def running(tools, *names):
    """A call whose model has called these tools and said nothing."""
    call = Call(first_message="", tools=tools).answer()
    call.model(ev.ResponseStarted("r1"))
    call.model(*(tool(name, name) for name in names))
    call.model(ev.ResponseEnded("r1", "completed"))
    return call


def asked(call):
    return [entry[2] for entry in call.of("model.create_response")]


def speak(call, response):
    """The newest request is answered and heard."""
    call.say(response, f"i_{response}", request=call.of("model.create_response")[-1][1])
    call.play_out()


def test_words_at_the_start_take_turns_and_are_said_once_per_run():
    call = running({"a": traits(start=("One.", "Two."))}, "a")
    call.listen_for(300)
    speak(call, "r2")
    call.listen_for(1_000)
    assert len(asked(call)) == 1
    call.session.on_tool_outcome("a", SUCCESS)
    call.model(ev.AnswerTaken("a"))
    speak(call, "r3")
    call.model(ev.ResponseStarted("r4"), tool("again", "a"), ev.ResponseEnded("r4", "completed"))
    call.listen_for(300)
    assert ["One." in (asked(call)[0] or ""), asked(call)[1]] == [True, None]
    assert "Two." in asked(call)[2]


def test_a_model_that_has_spoken_itself_needs_no_words_at_the_start():
    call = Call(first_message="", tools={"a": traits(start=("One.",))}).answer()
    call.say("r1", done=False)
    call.model(tool("a", "a"), ev.AudioDone("i1", "r1"), ev.ResponseEnded("r1", "completed"))
    call.play_out()
    call.listen_for(1_000)
    assert asked(call) == []


def test_words_for_a_long_run_wait_for_silence():
    call = running({"a": traits(delayed=("Still on it.",), delayed_after_s=1.0)}, "a")
    call.listen_for(700)
    assert asked(call) == []
    call.model(ev.SpeechStarted("u1", 700))
    call.listen_for(1_000)
    assert asked(call) == []
    call.model(ev.SpeechStopped("u1", 900))
    call.listen_for(1_000)
    assert "Still on it." in asked(call)[0]


def test_runs_side_by_side_with_the_same_words_are_spoken_of_once():
    same = traits(delayed=("One moment.",), delayed_after_s=1.0)
    reads = {name: replace(same, side_effect="read") for name in ("a", "b")}
    call = running(reads, "a", "b")
    call.listen_for(1_300)
    speak(call, "r2")
    call.listen_for(2_000)
    assert ["One moment." in (each or "") for each in asked(call)] == [True]


def test_words_for_the_outcome_are_the_response_that_follows_it():
    call = running({"a": traits(complete=("It is booked.",)), "b": traits()}, "a")
    call.session.on_tool_outcome("a", SUCCESS)
    assert [e[1:] for e in call.of("model.answer_tool")] == [("a", SUCCESS)]
    assert len(asked(call)) == 1
    assert "It is booked." in asked(call)[0]
    call.model(ev.AnswerTaken("a"))
    speak(call, "r2")
    call.listen_for(1_000)
    assert len(asked(call)) == 1


def test_where_another_outcome_has_no_words_the_model_speaks_of_both():
    call = running({"a": traits(failed=("No luck.",)), "b": traits()}, "a", "b")
    call.session.on_tool_outcome("a", FAILURE)
    call.session.on_tool_outcome("b", SUCCESS)
    assert asked(call) == [None]
    assert "No luck." in call.of("model.add_message")[0][2]


@pytest.mark.parametrize("code", ["invalid_arguments", "duplicate", "cancelled", "expired"])
def test_what_the_model_must_mend_itself_is_no_failure_to_speak_of(code):
    call = running({"a": traits(failed=("No luck.",))}, "a")
    output = json.dumps({"success": False, "message": "x", "error_code": code})
    call.session.on_tool_outcome("a", output)
    assert asked(call) == [None]


@pytest.mark.parametrize(
    ("side_effect", "policy", "stops"),
    [("read", "auto", True), ("write", "auto", False), ("read", "keep", False),
     ("write", "cancel", True)],
)  # fmt: skip
def test_a_run_goes_on_or_stops_when_the_caller_speaks(side_effect, policy, stops):
    call = running({"a": ToolTraits("worker", side_effect, 0, 9.0, policy)}, "a")
    call.model(ev.SpeechStarted("u1", 50))
    assert [e[1] for e in call.of("tools.cancel")] == (["a"] if stops else [])
    call.session.on_tool_outcome("a", SUCCESS)
    (answer,) = call.of("model.answer_tool")
    assert ("cancelled" in answer[2]) is stops
    assert ("Nobody knows" in answer[2]) is (stops and side_effect == "write")


def test_a_run_that_waits_for_staff_is_not_stopped():
    call = running({"a": ToolTraits("worker", "read", 0, 9.0)}, "a")
    call.session.on_tool_waiting("a", 30)
    call.model(ev.SpeechStarted("u1", 50))
    assert call.of("tools.cancel") == []


def test_staffs_yes_is_when_a_run_begins_and_its_words_at_the_start_are_said():
    tools = {"a": replace(traits(start=("I book it now.",)), asked=True)}
    call = Call(first_message="", tools=tools).answer()
    call.say("r1", done=False)
    call.model(tool("a", "a"), ev.AudioDone("i1", "r1"), ev.ResponseEnded("r1", "completed"))
    call.play_out()
    call.session.on_tool_waiting("a", 30)
    speak(call, "r2")
    call.listen_for(8_000)
    assert len(asked(call)) == 1, "it has not begun"
    call.session.on_tool_began("a")
    call.listen_for(500)
    assert "I book it now." in asked(call)[1]
    speak(call, "r3")
    call.model(ev.SpeechStarted("u1", 50), ev.SpeechStopped("u1", 400))
    assert call.of("tools.cancel") == [], "what staff agreed to is done"
    call.session.on_tool_began("b")
    call.listen_for(12_000)
    assert "timeout" in call.of("model.answer_tool")[0][2], "it has its own time from the yes"


def test_a_late_outcome_is_told_in_a_turn_of_its_own_once_nobody_speaks():
    call = Call(first_message="").answer()
    call.model(ev.SpeechStarted("u1", 0))
    call.session.on_late_result("The parcel was sent.")
    call.listen_for(500)
    assert call.of("model.add_message", "model.create_response") == []
    call.model(ev.SpeechStopped("u1", 300), ev.ResponseStarted("r1"))
    call.model(ev.ResponseEnded("r1", "completed"))
    call.listen_for(1_000)
    assert call.of("model.add_message") == [("model.add_message", "system", "The parcel was sent.")]
    assert asked(call) == [None]


def test_what_came_of_tools_while_the_line_was_down_is_told_after_the_return():
    call = Call(resumed=True, news=("The parcel was sent.",)).answer()
    (back,) = call.of("model.create_response")
    assert "Back again." in back[2]
    call.say("r1", request=back[1])
    call.play_out()
    assert call.of("model.add_message") == [("model.add_message", "system", "The parcel was sent.")]
    assert asked(call)[1:] == [None]
