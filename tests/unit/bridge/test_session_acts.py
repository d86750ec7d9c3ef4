"""Tools that the session performs: put through, keys pressed, each run ended once."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from calls import remote
from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.ports import Transfer
from tests.unit.bridge.plans import plan
from tests.unit.bridge.scripted import Call, tool


def ask(call, name, response="r1", **arguments):
    event = ev.ToolCalled(response, "fc_1", "c1", name, json.dumps(arguments))
    call.model(ev.ResponseStarted(response), event, ev.ResponseEnded(response, "completed"))


def output(call):
    (answer,) = call.of("model.answer_tool")
    return json.loads(answer[2])


def ending(call):
    (finished,) = call.of("finish")
    return finished[1]


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("Sales", "Sales"), (" sales", "Sales"), ("+12025550143", "+12025550143"),
        ("+1 (202) 555-0143", "+12025550143"),
    ],
)  # fmt: skip
def test_the_caller_is_put_through_once_the_sentence_was_heard(to, name):
    call = Call(first_message="").answer()
    ask(call, "transferCall", to=to)
    assert output(call)["success"] is True
    request, words = call.of("model.create_response")[0][1:]
    assert "I am putting you through" in words
    call.say("r2", request=request)
    assert call.of("finish") == []
    call.play_out()
    assert ending(call).transfer == Transfer("+12025550143", name, "c1")
    (begun,) = call.of("tools.begin_here")
    assert json.loads(begun[1].arguments) == {"to": name}, "the run has what staff wrote down"
    assert call.of("tools.finish_here") == [], "the phone company tells what came of it"


@pytest.mark.parametrize("to", ["+12025550199", "Support", "", None, ["Sales"]])
def test_nobody_but_a_destination_of_staff_is_dialled(to):
    call = Call(first_message="").answer()
    ask(call, "transferCall", to=to)
    assert (output(call)["success"], output(call)["error_code"]) == (False, "invalid_arguments")
    assert "Sales" in output(call)["message"]
    assert call.session.endings.closing is None


def test_a_caller_who_speaks_up_stays_and_the_run_is_over():
    call = Call(first_message="").answer()
    ask(call, "transferCall", to="Sales")
    call.model(ev.SpeechStarted("u1", 50))
    assert call.of("tools.finish_here")[0][1:3] == ("c1", "cancelled")
    assert "did not take place" in call.of("model.add_message")[0][2]
    call.model(ev.SpeechStopped("u1", 400), ev.ResponseStarted("r2"))
    call.listen_for(3_000)
    assert call.of("finish") == []


def test_a_caller_who_hangs_up_first_is_put_through_to_nobody():
    call = Call(first_message="").answer()
    ask(call, "transferCall", to="Sales")
    call.frame(frames.Stop())
    assert (ending(call).reason, ending(call).transfer) == ("caller_hung_up", None)
    assert call.of("tools.finish_here")[0][2] == "cancelled"


def test_staff_puts_through_whatever_the_caller_says():
    call = Call(first_message="").answer()
    call.session.transfers.ordered(Transfer("+12025550166", asked_by=7))
    call.model(ev.SpeechStarted("u1", 50))
    request = call.of("model.create_response")[0][1]
    call.say("r2", request=request)
    call.play_out()
    assert ending(call).transfer.number == "+12025550166"


def test_keys_are_played_and_their_run_ends_when_they_were_heard():
    call = Call(first_message="").answer()
    ask(call, "press_keys", digits="1 2#")
    assert sum(ms for kind, ms in call.of("media")) == 600
    assert call.of("model.answer_tool") == []
    call.play_out()
    assert call.of("tools.finish_here")[0][1:] == ("c1", "", "Pressed 12#.")
    assert output(call) == {"success": True, "message": "Pressed 12#."}


def test_keys_that_are_cut_short_say_how_many_were_pressed_and_the_model_keeps_its_items():
    call = Call(first_message="").answer()
    ask(call, "press_keys", digits="123")
    call.listen_for(350)
    call.model(ev.SpeechStarted("u1", 300))
    assert call.of("model.truncate", "model.delete_item") == []
    assert call.of("clear", "model.answer_tool")[0][0] == "clear", "the phone stops first"
    assert "only 1 was pressed" in output(call)["message"]
    assert call.of("tools.finish_here")[0][2] == "cancelled"


@pytest.mark.parametrize("digits", ["", "12x", "1" * 60, None])
def test_keys_that_no_phone_has_are_refused(digits):
    call = Call(first_message="").answer()
    ask(call, "press_keys", digits=digits)
    assert output(call)["error_code"] == "invalid_arguments"
    assert call.of("media", "tools.begin_here") == []


def test_a_call_that_ends_leaves_no_run_open():
    call = Call(first_message="").answer()
    ask(call, "press_keys", digits="123")
    call.frame(frames.Stop())
    assert [e[1:3] for e in call.of("tools.finish_here")] == [("c1", "cancelled")]


def test_the_run_that_ends_the_call_ends_with_it():
    call = Call(first_message="").answer()
    ask(call, "endCall", reason="done")
    assert call.of("tools.finish_here") == [], "the farewell is still to be heard"
    call.say("r2", request=call.of("model.create_response")[0][1])
    call.play_out()
    assert [e[1:3] for e in call.of("tools.finish_here")] == [("c1", "")]


def test_a_caller_who_stays_ends_the_run_that_would_have_ended_the_call():
    call = Call(first_message="").answer()
    ask(call, "endCall", reason="done")
    call.model(ev.SpeechStarted("u1", 50))
    assert [e[1:3] for e in call.of("tools.finish_here")] == [("c1", "cancelled")]
    assert "Call it again" in call.of("model.add_message")[0][2], "else nobody would hang up later"
    call.frame(frames.Stop())
    assert len(call.of("tools.finish_here")) == 1


def test_a_farewell_of_the_models_own_is_said_as_it_asked():
    call = Call(first_message="").answer()
    ask(call, "endCall", reason="done", farewell="Enjoy the ride!")
    assert "Enjoy the ride!" in call.of("model.create_response")[0][2]


def test_a_farewell_that_staff_fixed_is_the_one_that_is_said():
    settings = plan().settings
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}}
    settings = replace(settings, tools=({"name": "endCall", "parameters": schema},))
    call = Call(first_message="", settings=settings).answer()
    ask(call, "endCall", reason="done", farewell="Enjoy the ride!")
    assert "Goodbye." in call.of("model.create_response")[0][2]


def test_arguments_that_do_not_fit_are_told_and_nothing_is_done():
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}}
    schema["required"] = ["reason"]
    tools = ({"name": "endCall", "parameters": schema},)
    call = Call(first_message="", settings=replace(plan().settings, tools=tools)).answer()
    ask(call, "endCall")
    assert output(call)["error_code"] == "invalid_arguments"
    assert "`reason` is required" in output(call)["message"]
    assert call.of("tools.begin_here") == [] and call.session.endings.closing is None


def test_staff_who_end_a_call_that_says_goodbye_already_really_end_it():
    call = Call(first_message="").answer()
    ask(call, "endCall", reason="done")
    live = {7: SimpleNamespace(session=call.session)}
    remote.act(live, {"call_id": 7, "action": "end"})
    call.model(ev.SpeechStarted("u1", 50), ev.SpeechStopped("u1", 300))
    assert call.session.endings.firm()
    assert [e[1:3] for e in call.of("tools.finish_here")] == [("c1", "cancelled")]
    assert call.of("model.add_message") == [], "nobody spoke up"


def test_keys_heard_whole_were_pressed_even_where_the_caller_speaks_right_after():
    call = Call(first_message="").answer()
    ask(call, "press_keys", digits="12")
    call.listen_for(200)
    call.mark(call.of("mark")[0][1])
    call.listen_for(210)
    call.model(ev.SpeechStarted("u1", 400))
    assert output(call) == {"success": True, "message": "Pressed 12."}
    assert [e[1:3] for e in call.of("tools.finish_here")] == [("c1", "")]


@pytest.mark.parametrize(
    ("name", "early"), [("read_a", True), ("read_a", False), ("write_a", False)]
)
def test_a_call_does_not_end_before_the_caller_heard_what_else_was_done(name, early):
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c0", name))
    if early:
        call.session.on_tool_outcome("c0", '{"success": false}')
    call.model(tool("c1", "endCall"), ev.ResponseEnded("r1", "completed"))
    if not early:
        call.session.on_tool_outcome("c0", '{"success": false}')
    assert "then call endCall again" in call.of("model.answer_tool")[-1 if early else 0][2]
    assert [entry[2] for entry in call.of("model.create_response")] == [None], "a turn, no farewell"
    assert call.session.endings.closing is None
