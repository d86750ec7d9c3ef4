"""Tools that the session performs: put through, keys pressed, each run ended once."""

import json

import pytest

from calls.bridge import model_events as ev
from calls.bridge.ports import Transfer
from tests.unit.bridge.scripted import Call


def ask(call, name, response="r1", **arguments):
    event = ev.ToolCalled(response, "fc_1", "c1", name, json.dumps(arguments))
    call.model(ev.ResponseStarted(response), event, ev.ResponseEnded(response, "completed"))


def output(call):
    (answer,) = call.of("model.answer_tool")
    return json.loads(answer[2])


def ending(call):
    (finished,) = call.of("finish")
    return finished[1]


@pytest.mark.parametrize("to", ["Sales", " sales", "+12025550143", "+1 (202) 555-0143"])
def test_the_caller_is_put_through_once_the_sentence_was_heard(to):
    call = Call(first_message="").answer()
    ask(call, "transferCall", to=to)
    assert output(call)["success"] is True
    request, words = call.of("model.create_response")[0][1:]
    assert "I am putting you through" in words
    call.say("r2", request=request)
    assert call.of("finish") == []
    call.play_out()
    assert ending(call).transfer == Transfer("+12025550143", to.strip(), "c1")
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
    from calls.bridge import frames

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
    assert "only 1 was pressed" in output(call)["message"]
    assert call.of("tools.finish_here")[0][2] == "cancelled"


@pytest.mark.parametrize("digits", ["", "12x", "1" * 60, None])
def test_keys_that_no_phone_has_are_refused(digits):
    call = Call(first_message="").answer()
    ask(call, "press_keys", digits=digits)
    assert output(call)["error_code"] == "invalid_arguments"
    assert call.of("media", "tools.begin_here") == []


def test_a_call_that_ends_leaves_no_run_open():
    from calls.bridge import frames

    call = Call(first_message="").answer()
    ask(call, "press_keys", digits="123")
    call.frame(frames.Stop())
    assert [e[1:3] for e in call.of("tools.finish_here")] == [("c1", "cancelled")]
