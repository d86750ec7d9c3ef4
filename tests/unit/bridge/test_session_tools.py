"""Function calls: answered once, run once, spoken of once."""

from calls.bridge import frames
from calls.bridge import model_events as ev
from tests.unit.bridge.scripted import Call, tool


def test_a_batch_gets_one_response_after_its_last_answer():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c1", "read_a"), tool("c2", "read_b"))
    call.model(ev.ResponseEnded("r1", "completed"))
    call.session.on_tool_outcome("c2", "{}")
    assert call.of("model.create_response") == []
    call.session.on_tool_outcome("c1", "{}")
    call.session.on_tool_outcome("c1", "{}")
    assert [e[1] for e in call.of("model.answer_tool")] == ["c2", "c1"]
    assert len(call.of("model.create_response")) == 1


def test_reads_start_at_once_and_changes_wait_for_the_response_and_their_order():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("w2", "write_a"), tool("w1", "write_b"))
    call.model(tool("r", "read_a"))
    assert [e[1].call_id for e in call.of("tools.start")] == ["r"]
    call.model(ev.ResponseEnded("r1", "completed"))
    assert [e[1].call_id for e in call.of("tools.start")] == ["r", "w1"]
    call.session.on_tool_outcome("w1", "{}")
    assert [e[1].call_id for e in call.of("tools.start")] == ["r", "w1", "w2"]


def test_an_interrupted_response_changes_nothing_and_its_call_is_answered():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("w", "write_a"))
    call.model(ev.SpeechStarted("u1", 50), ev.ResponseEnded("r1", "cancelled"))
    assert call.of("tools.start") == []
    assert [e[1] for e in call.of("model.answer_tool")] == ["w"]
    assert call.of("tools.refuse")[0][2] == "cancelled"


def test_a_result_while_the_caller_speaks_waits_for_the_models_own_response():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c1", "read_a"), ev.ResponseEnded("r1", "completed"))
    call.model(ev.SpeechStarted("u1", 50))
    call.session.on_tool_outcome("c1", "{}")
    call.model(ev.AnswerTaken("c1"), ev.SpeechStopped("u1", 400), ev.ResponseStarted("r2"))
    call.listen_for(700)
    call.model(ev.ResponseEnded("r2", "completed"))
    assert call.of("model.create_response") == [], "r2 saw the answer"


def test_where_no_response_of_its_own_follows_the_turn_we_ask_for_one():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c1", "read_a"), ev.ResponseEnded("r1", "completed"))
    call.model(ev.SpeechStarted("u1", 50))
    call.session.on_tool_outcome("c1", "{}")
    call.model(ev.SpeechStopped("u1", 400))
    call.listen_for(400)
    assert call.of("model.create_response") == []
    call.listen_for(200)
    assert len(call.of("model.create_response")) == 1


def test_a_refused_request_is_repeated_when_the_other_response_has_ended():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c1", "read_a"), ev.ResponseEnded("r1", "completed"))
    call.session.on_tool_outcome("c1", "{}")
    (first,) = call.of("model.create_response")
    call.model(ev.ResponseStarted("r2"))
    call.model(ev.Problem("conversation_already_has_active_response", "", first[1]))
    assert len(call.of("model.create_response")) == 1
    call.model(ev.ResponseEnded("r2", "completed"))
    assert len(call.of("model.create_response")) == 2


def test_a_fast_tool_does_not_wait_for_the_turn_that_was_answered_already():
    call = Call(first_message="").answer()
    call.model(ev.SpeechStarted("u1", 0), ev.SpeechStopped("u1", 400), ev.ResponseStarted("r1"))
    call.model(tool("c1", "read_a"), ev.ResponseEnded("r1", "completed"))
    call.session.on_tool_outcome("c1", "{}")
    assert len(call.of("model.create_response")) == 1


def test_a_failed_response_changes_nothing_and_leaves_no_call_open():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("w", "write_a"), tool("e", "endCall"))
    call.model(ev.ResponseEnded("r1", "failed", "", "server_error"))
    assert call.of("tools.start", "tools.perform_here", "finish") == []
    assert {e[1] for e in call.of("model.answer_tool")} == {"w", "e"}


def test_a_result_that_the_running_response_cannot_know_is_told_afterwards():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c1", "read_a"), ev.ResponseEnded("r1", "completed"))
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    (asked,) = call.of("model.create_response")
    call.session.on_tool_outcome("c1", "{}")
    call.model(ev.ResponseStarted("r2", asked[1]), ev.AnswerTaken("c1"))
    call.model(ev.ResponseEnded("r2", "completed"))
    assert len(call.of("model.create_response")) == 2


def test_a_refused_request_waits_for_the_end_of_the_response_it_met():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), tool("c1", "read_a"), ev.ResponseEnded("r1", "completed"))
    call.session.on_tool_outcome("c1", "{}")
    request = call.of("model.create_response")[0][1]
    call.model(ev.Problem("conversation_already_has_active_response", "", request))
    call.listen_for(3_000)
    assert len(call.of("model.create_response")) == 1
    call.model(ev.ResponseEnded("unknown", "completed"))
    assert len(call.of("model.create_response")) == 2
