"""What the session performs only once somebody said yes: put through, keys, the end of the call."""

import json
from dataclasses import replace

import pytest

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.ports import Ending, Phrases, Said, ToolCall, ToolTraits, Transfer
from tests.unit.bridge.plans import TOOLS
from tests.unit.bridge.scripted import Call

ASKED = {
    name: replace(traits, asked=True) if traits.runs_at == "session" else traits
    for name, traits in TOOLS.items()
}


def asking(name, *, words=False, **arguments):
    """A call whose model wants to act on it; somebody must say yes first."""
    call = Call(first_message="", tools=ASKED).answer()
    if words:
        call.say("r1", "i1", 200, done=False)
    else:
        call.model(ev.ResponseStarted("r1"))
    call.model(ev.ToolCalled("r1", "fc_1", "c1", name, json.dumps(arguments)))
    call.model(ev.AudioDone("i1", "r1"), ev.ResponseEnded("r1", "completed"))
    return call


def outputs(call):
    return [json.loads(entry[2]) for entry in call.of("model.answer_tool")]


def ends(call):
    return [entry[1:3] for entry in call.of("tools.finish_here")]


@pytest.mark.parametrize("name", ["transferCall", "press_keys", "endCall"])
def test_nothing_happens_before_the_yes(name):
    call = asking(name, to="sales", digits="1 2", reason="asked")
    (started,) = call.of("tools.start")
    assert json.loads(started[1].arguments)["to"] == (
        "Sales" if name == "transferCall" else "sales"
    )
    call.listen_for(2_000)
    assert call.of("tools.begin_here", "media", "finish", "model.answer_tool") == []
    assert call.session.endings.closing is None


def test_arguments_that_make_no_sense_are_asked_about_by_nobody():
    call = asking("transferCall", to="the moon")
    assert call.of("tools.start") == []
    assert outputs(call)[0]["error_code"] == "invalid_arguments"


def test_with_the_yes_the_caller_is_put_through():
    call = asking("transferCall", to="Sales")
    call.session.on_tool_allowed("c1", {"to": "Sales"})
    assert outputs(call)[0]["success"] is True
    request, words = call.of("model.create_response")[0][1:]
    assert "I am putting you through" in words
    call.say("r2", "i2", request=request)
    call.play_out()
    (finished,) = call.of("finish")
    assert finished[1].transfer.number == "+12025550143"


def test_a_response_that_said_so_itself_is_not_said_again():
    call = asking("transferCall", words=True, to="Sales")
    call.session.on_tool_allowed("c1", {"to": "Sales"})
    assert call.of("model.create_response") == []
    call.play_out()
    assert call.of("finish")[0][1].transfer.number == "+12025550143"


def test_a_yes_that_comes_while_the_caller_speaks_waits_for_silence():
    call = asking("press_keys", digits="12")
    call.model(ev.SpeechStarted("u1", 50))
    call.session.on_tool_allowed("c1", {"digits": "12"})
    assert call.of("media") == []
    call.model(ev.SpeechStopped("u1", 400))
    call.listen_for(700)
    assert call.of("media") != []
    call.play_out()
    assert ends(call) == [("c1", "")]


def test_keys_that_take_long_are_not_given_up():
    call = asking("press_keys", digits="wwwwwwwwwwwwwwww")
    call.session.on_tool_allowed("c1", {"digits": "wwwwwwwwwwwwwwww"})
    call.listen_for(7_000)
    assert outputs(call) == []
    call.play_out()
    assert outputs(call) == [{"success": True, "message": "Pressed wwwwwwwwwwwwwwww."}]


def test_a_no_is_told_to_the_model_and_the_call_goes_on():
    call = asking("endCall", reason="asked")
    call.session.on_tool_outcome("c1", '{"success": false, "error_code": "denied"}')
    assert outputs(call) == [{"success": False, "error_code": "denied"}]
    call.listen_for(1_000)
    assert call.of("finish", "tools.begin_here") == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_that_ends_first_ends_the_run(when):
    call = asking("transferCall", to="Sales")
    if when == "before":
        call.frame(frames.Stop())
    else:
        call.model(ev.SpeechStarted("u1", 50))
    call.session.on_tool_allowed("c1", {"to": "Sales"})
    if when == "after":
        call.frame(frames.Stop())
    assert ends(call) == [("c1", "cancelled")]
    assert call.of("finish")[0][1].transfer is None


def test_what_is_allowed_while_the_call_is_being_ended_is_turned_down():
    call = asking("press_keys", digits="1")
    call.session.transfers.ordered(Transfer("+12025550143", asked_by=7))
    call.session.on_tool_allowed("c1", {"digits": "1"})
    assert outputs(call)[0]["error_code"] == "cancelled"
    assert [entry[1].call_id for entry in call.of("tools.refuse")] == ["c1"]


@pytest.mark.parametrize("name", ["press_keys", "write_a"])
def test_a_call_that_ends_politely_does_not_wait_for_staff(name):
    call = asking(name, digits="1")
    call.session.close(Ending("time_limit"), "Time is up.", gentle=False)
    call.session.on_tool_waiting("c1", 60.0)
    (request,) = call.of("model.create_response")
    assert "Time is up." in request[2], "nothing is said after the goodbye"
    call.say("r2", "i2", request=request[1])
    call.play_out()
    assert [entry[1].reason for entry in call.of("finish")] == ["time_limit"]


def test_words_at_the_start_are_said_only_once_the_caller_agreed():
    words = Phrases(start=("I am booking it now.",))
    tools = {"book": ToolTraits("worker", "write", asked=True, phrases=words)}
    call = Call(first_message="", tools=tools).answer()
    call.model(ev.ResponseStarted("r1"), ev.ToolCalled("r1", "fc_1", "c1", "book", "{}"))
    call.model(ev.ResponseEnded("r1", "completed"))
    call.listen_for(500)
    assert call.of("model.create_response") == [], "the caller is still to be asked"
    call.session.calls.pending["c1"].call = ToolCall("c1", "book", "{}", (Said(1, 1.0, 2.0),))
    call.listen_for(500)
    assert "I am booking it now." in call.of("model.create_response")[0][2]


def use(call, number, name):
    """The model calls another tool, in a response of its own."""
    response = f"r{number}"
    call.model(ev.ResponseStarted(response))
    call.model(ev.ToolCalled(response, f"fc_{number}", f"c{number}", name, "{}"))
    call.model(ev.ResponseEnded(response, "completed"))


@pytest.mark.parametrize("name", ["read_a", "write_b"])
def test_while_staff_think_the_conversation_goes_on(name):
    call = asking("write_a")
    call.session.on_tool_waiting("c1", 60.0)
    call.say("r2", "i2", request=call.of("model.create_response")[0][1])
    call.play_out()
    use(call, 3, name)
    assert [entry[1].call_id for entry in call.of("tools.start")] == ["c1", "c3"]
    call.session.on_tool_outcome("c3", '{"success": true}')
    assert len(call.of("model.create_response")) == 2, "the caller hears of it now"


def test_calls_of_one_turn_keep_their_order_while_staff_think():
    call = Call(first_message="", tools=ASKED).answer()
    call.model(ev.ResponseStarted("r1"))
    for number, name in enumerate(["write_a", "write_b"], 1):
        call.model(ev.ToolCalled("r1", f"fc_{number}", f"c{number}", name, "{}"))
    call.model(ev.ResponseEnded("r1", "completed"))
    assert [entry[1].name for entry in call.of("tools.start")] == ["write_b"]
    call.session.on_tool_waiting("c2", 60.0)
    call.listen_for(500)
    assert [entry[1].name for entry in call.of("tools.start")] == ["write_b"]
