"""How calls end, and what is written down then."""

import pytest

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.ports import Ending, HistoryItem
from tests.unit.bridge.scripted import Call, tool


def end_call(call, spoken):
    if spoken:
        call.say("r1", "i1", 400, done=False)
        call.model(ev.AudioDone("i1", "r1"))
    else:
        call.model(ev.ResponseStarted("r1"))
    call.model(tool("e", "endCall"), ev.ResponseEnded("r1", "completed"))


def test_end_call_hangs_up_only_after_the_farewells_mark():
    call = Call(first_message="").answer()
    end_call(call, spoken=True)
    assert call.of("model.create_response") == []
    call.listen_for(390)
    assert call.of("finish") == []
    call.play_out()
    assert call.of("finish") == [("finish", Ending("assistant_ended", tool_call_id="e"))]


def test_end_call_without_words_says_the_configured_farewell_first():
    call = Call(first_message="").answer()
    end_call(call, spoken=False)
    (asked,) = call.of("model.create_response")
    assert asked[2] == 'Say exactly this and nothing more: "Goodbye."'
    call.say("r2", "i2", 200, request=asked[1])
    call.play_out()
    assert call.of("finish")


def test_a_caller_who_speaks_into_the_farewell_keeps_the_call():
    call = Call(first_message="").answer()
    end_call(call, spoken=True)
    call.listen_for(100)
    call.model(ev.SpeechStarted("u1", 80), ev.SpeechStopped("u1", 400))
    call.listen_for(3_000)
    assert call.of("finish") == []


def test_a_farewell_whose_mark_is_lost_does_not_hold_the_line_for_ever():
    call = Call(first_message="").answer()
    end_call(call, spoken=True)
    call.listen_for(3_000)
    assert call.of("finish")


def test_silence_asks_once_and_then_says_goodbye():
    call = Call(first_message="", silence_timeout_s=5.0).answer()
    call.listen_for(5_600)
    (asked,) = call.of("model.create_response")
    assert "Still there?" in asked[2]
    call.say("r1", "i1", 200, request=asked[1])
    call.play_out()
    call.listen_for(5_600)
    goodbye = call.of("model.create_response")[-1]
    assert "Nobody there" in goodbye[2]
    call.say("r2", "i2", 200, request=goodbye[1])
    call.play_out()
    assert call.of("finish") == [("finish", Ending("silence"))]


def test_the_longest_duration_cuts_everything_and_says_goodbye():
    call = Call(first_message="", max_duration_s=10.0, silence_timeout_s=60.0).answer()
    call.say("r1", "i1", 20_000, done=False)
    call.listen_for(10_500)
    kinds = [entry[0] for entry in call.log]
    assert kinds.index("clear") < kinds.index("model.deafen")
    assert call.of("model.cancel_response")
    call.model(ev.ResponseEnded("r1", "cancelled"))
    (asked,) = call.of("model.create_response")
    assert "Time is up" in asked[2]


@pytest.mark.parametrize(
    ("code", "retries"),
    [("server_error", 1), ("insufficient_quota", 0), ("rate_limit_exceeded", 0)],
)
def test_a_failed_response_ends_in_a_sentence_of_the_phone_companys_voice(code, retries):
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), ev.ResponseEnded("r1", "failed", "", code, "no"))
    assert len(call.of("model.create_response")) == retries
    if retries:
        request = call.of("model.create_response")[0][1]
        call.model(ev.ResponseStarted("r2", request), ev.ResponseEnded("r2", "failed", "", code))
    ((_, ending),) = call.of("finish")
    assert (ending.reason, ending.say) == ("model_failed", "Something failed.")


def test_a_model_that_is_never_there_ends_the_call_with_a_sentence():
    call = Call()
    call.frame(frames.Start(frames.StartBody(streamSid="MZ1"), "MZ1"))
    call.model(ev.SessionLost("HTTP 401"))
    ((_, ending),) = call.of("finish")
    assert (ending.reason, ending.detail) == ("model_unreachable", "HTTP 401")
    assert ending.say == "Technical trouble."


def test_a_lost_model_lets_what_is_queued_be_heard_and_goes_on_with_a_new_stream():
    call = Call(first_message="").answer()
    call.say(ms=400)
    call.model(ev.SessionLost("gone"))
    assert call.of("finish") == []
    call.play_out()
    assert call.of("finish") == [("finish", Ending("model_lost", "gone", resume=True))]


def test_a_resumed_stream_gets_the_history_and_does_not_greet_again():
    history = (HistoryItem("caller", "Hi"), HistoryItem("assistant", "Hello."))
    call = Call(resumed=True, history=history, offset_ms=60_000).answer()
    assert call.of("model.add_message") == [
        ("model.add_message", "user", "Hi"),
        ("model.add_message", "assistant", "Hello."),
    ]
    assert "Back again." in call.of("model.create_response")[0][2]
    call.model(ev.SpeechStarted("u1", 0))
    assert call.journal.lines["u1"].at_ms >= 60_000


def test_keys_are_told_to_the_model_together():
    call = Call(first_message="").answer()
    for digit in "12#":
        call.frame(frames.Dtmf(frames.DtmfBody(digit)))
    (told,) = call.of("model.add_message")
    assert "12#" in told[2]
    assert len(call.of("model.create_response")) == 1


def test_hanging_up_writes_down_what_was_heard_until_then():
    call = Call(first_message="").answer()
    call.say(ms=1_000)
    call.listen_for(500)
    call.frame(frames.Stop())
    line = call.journal.lines["i1"]
    assert (line.status, line.heard_ms) == ("interrupted", 500)
    assert call.of("finish") == [("finish", Ending("caller_hung_up"))]


def test_late_words_of_the_caller_find_their_place_in_the_conversation():
    call = Call(first_message="").answer()
    call.model(ev.SpeechStarted("u1", 0), ev.SpeechStopped("u1", 300))
    call.model(ev.ItemPlaced("u1", None, "user"), ev.ResponseStarted("r1"))
    call.model(ev.ItemPlaced("i1", "u1", "assistant"))
    call.say("r1", "i1", 200)
    call.model(ev.CallerSaid("u1", " How are you? "))
    lines = sorted(call.journal.lines.values(), key=lambda line: line.position)
    assert [(line.role, line.text.strip()[:11]) for line in lines] == [
        ("caller", "How are you"),
        ("assistant", "one two thr"),
    ]


def test_rubbish_from_the_phone_is_borne_for_a_while():
    call = Call(first_message="").answer()
    for _ in range(20):
        call.session.on_bad_frame("binary frame")
    assert call.of("finish") == []
    call.session.on_bad_frame("binary frame")
    assert call.of("finish")[0][1].reason == "protocol_error"


def test_a_long_last_sentence_is_heard_to_its_end():
    call = Call(first_message="", max_duration_s=200.0, silence_timeout_s=100.0).answer()
    call.say("r1", "i1", 30_000, done=False)
    call.model(ev.AudioDone("i1", "r1"), tool("e", "endCall"), ev.ResponseEnded("r1", "completed"))
    call.listen_for(29_500)
    assert call.of("finish") == []
    call.play_out()
    assert call.of("finish")


def test_staff_end_a_call_whose_model_is_not_ready_at_once():
    call = Call()
    call.frame(frames.Start(frames.StartBody(streamSid="MZ1"), "MZ1"))
    call.session.close(Ending("staff_ended"), "Goodbye.", gentle=False)
    assert call.of("finish") == [("finish", Ending("staff_ended"))]


def test_a_caller_who_hangs_up_while_the_model_is_away_has_hung_up():
    call = Call(first_message="").answer()
    call.say(ms=2_000)
    call.model(ev.SessionLost("gone"))
    call.frame(frames.Stop())
    assert call.of("finish") == [("finish", Ending("caller_hung_up"))]


def test_keys_do_not_cut_a_firm_goodbye():
    call = Call(first_message="").answer()
    call.session.close(Ending("staff_ended"), "We end here.", gentle=False)
    (asked,) = call.of("model.create_response")
    call.say("r1", "i1", 1_000, request=asked[1])
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    assert call.of("clear") == []


def test_what_was_said_before_the_model_failed_is_heard_first():
    call = Call(first_message="").answer()
    call.say("r1", "i1", 1_000)
    call.model(ev.ResponseStarted("r2"), ev.ResponseEnded("r2", "failed", "", "insufficient_quota"))
    assert call.of("finish") == []
    call.play_out()
    assert call.of("finish")[0][1].reason == "model_failed"


def test_a_response_that_fails_in_a_farewell_does_not_cut_it():
    call = Call(first_message="").answer()
    end_call(call, spoken=True)
    call.model(ev.ResponseStarted("r2"), ev.ResponseEnded("r2", "failed", "", "server_error"))
    assert call.of("finish", "model.create_response") == []
    call.play_out()
    assert call.of("finish") == [("finish", Ending("assistant_ended", tool_call_id="e"))]


def test_a_request_that_is_lost_does_not_take_the_farewell_with_it():
    call = Call(first_message="", silence_timeout_s=60.0).answer()
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    end_call(call, spoken=False)
    call.listen_for(15_500)
    turn, farewell = call.of("model.create_response")
    assert (turn[2], "Goodbye." in farewell[2]) == (None, True)
    assert call.of("finish") == []


def test_a_farewell_that_cannot_be_spoken_ends_the_call():
    call = Call(first_message="").answer()
    end_call(call, spoken=False)
    (asked,) = call.of("model.create_response")
    call.model(ev.ResponseStarted("r2", asked[1]), ev.ResponseEnded("r2", "failed", "", "no"))
    assert call.of("finish") == [("finish", Ending("assistant_ended", tool_call_id="e"))]
    assert len(call.of("model.create_response")) == 1


def test_a_model_lost_in_a_farewell_still_ends_as_the_farewell_did():
    call = Call(first_message="").answer()
    end_call(call, spoken=True)
    call.model(ev.SessionLost("gone"))
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    call.play_out()
    assert call.of("finish") == [("finish", Ending("assistant_ended", tool_call_id="e"))]
