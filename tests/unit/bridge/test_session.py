"""One call step by step: what the phone hears and what the model is told, in which order."""

import base64
import json

import pytest

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.ports import Ending, HistoryItem
from calls.bridge.session import Session
from tests.unit.bridge.world import Clock, FakeJournal, plan


class Wire:
    """Keeps, in one order, everything the session does."""

    def __init__(self, log, prefix):
        self._log, self._prefix = log, prefix

    def __getattr__(self, name):
        def record(*args, **kwargs):
            self._log.append((f"{self._prefix}.{name}", *args, *kwargs.values()))

        return record


class Phone:
    def __init__(self, log):
        self._log = log

    def send(self, text):
        message = json.loads(text)
        kind = message["event"]
        detail = {"media": lambda: len(base64.b64decode(message["media"]["payload"])) // 8}
        detail |= {"mark": lambda: message["mark"]["name"], "clear": lambda: ""}
        self._log.append((kind, detail[kind]()))

    def finish(self, ending):
        self._log.append(("finish", ending))


class Call:
    """A session with everything around it scripted by the test."""

    def __init__(self, **changes):
        self.log = []
        self.clock = Clock()
        self.journal = FakeJournal()
        self.session = Session(
            plan(**changes),
            Phone(self.log),
            Wire(self.log, "model"),
            Wire(self.log, "tools"),
            self.journal,
            self.clock,
        )

    def answer(self):
        self.frame(frames.Start(frames.StartBody(streamSid="MZ1", callSid="CA1"), "MZ1"))
        self.media(0)
        self.model(ev.SessionReady())
        return self

    def frame(self, frame):
        self.session.on_frame(frame)

    def media(self, at_ms):
        self.frame(frames.Media(frames.MediaBody(payload="////", timestamp=str(at_ms))))

    def mark(self, name):
        self.frame(frames.Mark(frames.MarkBody(name)))

    def model(self, *events):
        for event in events:
            self.session.on_model(event)

    def listen_for(self, ms):
        """Let time pass with the caller's silent frames."""
        begin = round((self.clock.time - 1000) * 1000)
        for at in range(begin + 20, begin + ms + 1, 20):
            self.clock.run(1000 + at / 1000)
            self.media(at)

    def say(self, response="r1", item="i1", ms=400, request="", done=True):
        """The model speaks for `ms`."""
        self.model(
            ev.ResponseStarted(response, request),
            ev.OutputStarted(response, item, "message"),
            ev.Words(item, "one two three four five six seven eight ", response),
            ev.Audio(response, item, 0, base64.b64encode(b"\x55" * 8 * ms).decode()),
        )
        if done:
            self.model(ev.AudioDone(item, response), ev.ResponseEnded(response, "completed"))

    def of(self, *kinds):
        return [entry for entry in self.log if entry[0] in kinds]

    def play_out(self):
        """Answer every mark at its time."""
        self.listen_for(round(self.session.playback.remaining_ms(self.clock.time)))
        for _, name in [e for e in self.log if e[0] == "mark"]:
            self.mark(name)


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


def tool(call_id, name, response="r1"):
    return ev.ToolCalled(response, f"fc_{call_id}", call_id, name, "{}")


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
    call.model(ev.SpeechStopped("u1", 400), ev.ResponseStarted("r2"))
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
    assert call.of("finish") == [("finish", Ending("assistant_ended"))]


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
