"""Greeting and interruptions: what the phone hears and what the model is told, in which order."""

from calls.bridge import frames
from calls.bridge import model_events as ev
from tests.unit.bridge.plans import plan
from tests.unit.bridge.scripted import Call


def test_the_first_message_is_asked_for_once_phone_and_model_are_both_there():
    call = Call()
    call.frame(frames.Start(frames.StartBody(streamSid="MZ1"), "MZ1"))
    assert call.of("model.create_response") == []
    call.model(ev.SessionReady(), ev.SessionReady())
    (asked,) = call.of("model.create_response")
    assert asked[2] == 'Say exactly this and nothing more: "Hello."'


def test_what_the_caller_says_before_the_model_is_ready_is_kept_for_two_seconds():
    call = Call()
    call.frame(frames.Start(frames.StartBody(streamSid="MZ1"), "MZ1"))
    for number in range(150):
        call.media(number * 20)
    assert call.of("model.append_audio") == []
    call.model(ev.SessionReady())
    assert len(call.of("model.append_audio")) == 100


def test_barge_in_clears_first_and_truncates_at_what_was_heard():
    call = Call(first_message="").answer()
    call.say(ms=1_000, done=False)
    call.listen_for(300)
    call.log.clear()
    call.model(ev.SpeechStarted("u1", 250))
    assert call.log[0] == ("clear", "")
    assert ("model.truncate", "i1", 0, 300) in call.log
    assert call.of("model.cancel_response") == [], "the server has cancelled it itself"
    call.model(ev.Audio("r1", "i1", 0, "////"), ev.ResponseEnded("r1", "cancelled"))
    assert call.of("media") == [], "deltas in flight are stale"
    line = call.journal.lines["i1"]
    assert (line.status, line.generated_ms, line.heard_ms) == ("interrupted", 1_000, 300)
    assert line.heard_text == "one two"


def test_barge_in_after_generation_has_ended_still_clears():
    call = Call(first_message="").answer()
    call.say(ms=2_000)
    call.listen_for(500)
    call.log.clear()
    call.model(ev.SpeechStarted("u1", 450))
    assert [entry[0] for entry in call.log[:2]] == ["clear", "model.truncate"]


def test_an_item_of_which_nothing_was_heard_is_deleted_never_truncated_at_0():
    call = Call(first_message="").answer()
    call.say("r1", "i1", 2_000)
    call.say("r2", "i2", 400)
    call.listen_for(100)
    call.model(ev.SpeechStarted("u1", 50))
    assert call.of("model.truncate") == [("model.truncate", "i1", 0, 100)]
    assert call.of("model.delete_item") == [("model.delete_item", "i2")]


def test_an_item_that_was_heard_to_its_end_is_left_alone():
    call = Call(first_message="").answer()
    call.say(ms=400)
    call.play_out()
    call.log.clear()
    call.model(ev.SpeechStarted("u1", 500))
    assert call.log == []
    assert call.journal.lines["i1"].status == "completed"


def test_marks_flushed_by_our_own_clear_are_not_playback():
    call = Call(first_message="").answer()
    call.say(ms=1_000, done=False)
    call.listen_for(100)
    flushed = [name for _, name in call.of("mark")]
    call.model(ev.SpeechStarted("u1", 50))
    for name in flushed:
        call.mark(name)
    assert call.journal.lines["i1"].heard_ms == 100


def test_without_interrupt_response_speech_stops_nothing():
    settings = plan().settings
    quiet = type(settings)(
        **{
            name: getattr(settings, name) for name in settings.__slots__ if name != "turn_detection"
        },
        turn_detection={"type": "server_vad", "interrupt_response": False},
    )
    call = Call(first_message="", settings=quiet).answer()
    call.say(ms=1_000, done=False)
    call.model(ev.SpeechStarted("u1", 50))
    assert call.of("clear", "model.truncate") == []


def test_a_first_message_that_may_not_be_interrupted_is_heard_before_anyone_listens():
    call = Call(first_message_interruptible=False)
    assert call.of("model.configure")[0][-1] is False
    call.answer()
    call.say("r1", "i1", 600, request="req_1")
    call.listen_for(300)
    assert call.of("model.listen") == []
    call.play_out()
    assert len(call.of("model.listen")) == 1


def test_the_caller_is_listened_to_also_when_the_greeting_was_never_spoken():
    call = Call(first_message_interruptible=False).answer()
    request = call.of("model.create_response")[0][1]
    call.say("r1", "i1", 200, request=request, done=False)
    call.model(ev.AudioDone("i1", "r1"))
    call.play_out()
    assert call.of("model.listen") == [], "the response is not over yet"
    call.model(ev.ResponseEnded("r1", "completed"))
    assert len(call.of("model.listen")) == 1


def test_an_item_that_was_played_faster_than_it_came_is_heard_and_written_down():
    call = Call(first_message="").answer()
    call.say(ms=400, done=False)
    call.play_out()
    assert call.journal.lines["i1"].status == "in_progress"
    call.model(ev.AudioDone("i1", "r1"), ev.ResponseEnded("r1", "completed"))
    assert call.journal.lines["i1"].status == "completed"


def test_barge_in_while_the_model_pauses_in_mid_sentence_still_truncates():
    call = Call(first_message="").answer()
    call.say(ms=400, done=False)
    call.play_out()
    call.model(ev.SpeechStarted("u1", 300))
    assert ("model.truncate", "i1", 0, 400) in call.log
    assert call.journal.lines["i1"].status == "interrupted"


def test_a_sentence_that_was_on_its_way_is_not_spoken_over_the_caller():
    call = Call(first_message="", silence_timeout_s=5.0).answer()
    call.listen_for(5_600)
    (asked,) = call.of("model.create_response")
    call.model(ev.SpeechStarted("u1", 5_000))
    call.say("r1", "i1", 400, request=asked[1], done=False)
    assert call.of("media") == []
    assert call.of("model.cancel_response")


def test_keys_do_not_cut_a_greeting_that_may_not_be_interrupted():
    call = Call(first_message_interruptible=False).answer()
    call.say("r1", "i1", 600, request="req_1", done=False)
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    assert call.of("clear", "model.cancel_response") == []
    assert call.of("model.add_message")


def test_a_response_that_is_cut_already_is_not_interrupted_once_more():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), ev.OutputStarted("r1", "i1", "message"))
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    call.model(ev.SpeechStarted("u1", 0))
    assert call.of("model.delete_item") == [("model.delete_item", "i1")]
    assert call.of("model.cancel_response") == [("model.cancel_response",)]
    assert call.of("clear") == [("clear", "")]
    assert call.session.turns.interruptions == 1


def test_an_item_that_was_on_its_way_when_its_response_was_cut_is_taken_back():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"))
    call.frame(frames.Dtmf(frames.DtmfBody("#")))
    assert call.of("model.delete_item") == []
    call.model(ev.OutputStarted("r1", "i1", "message"), ev.Audio("r1", "i1", 0, "////"))
    call.model(ev.OutputStarted("r1", "f1", "function_call"), ev.ResponseEnded("r1", "cancelled"))
    assert call.of("model.delete_item") == [("model.delete_item", "i1")]
    assert call.of("media") == []


def test_a_line_that_sends_no_audio_any_more_is_lost():
    call = Call(first_message="").answer()
    call.say(ms=400)
    call.clock.run(1_009.0)
    assert call.of("finish") == []
    call.clock.run(1_011.0)
    ((_, ending),) = call.of("finish")
    assert (ending.reason, ending.resume) == ("stream_lost", True)


def test_audio_that_is_no_base64_never_reaches_the_phone():
    call = Call(first_message="").answer()
    call.model(ev.ResponseStarted("r1"), ev.OutputStarted("r1", "i1", "message"))
    call.model(ev.Audio("r1", "i1", 0, 'AAAA"},"x":{"'))
    assert call.of("media") == []
