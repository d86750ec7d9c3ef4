"""A tool that needs the caller's yes: only a turn after the heard question lets it run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.bridge import frames
from calls.bridge import model_events as ev
from tests.unit.bridge.scripted import Call, tool

DETECTION = {"type": "server_vad", "interrupt_response": True, "prefix_padding_ms": 300}


class Asked(Call):
    """A call whose phone plays what it gets, and whose tools may ask the caller."""

    def __init__(self, **changes):
        super().__init__(first_message="", **changes)
        self.session.plan.settings.turn_detection.update(DETECTION)  # type: ignore[attr-defined]
        self.session.speech._padding_ms = DETECTION["prefix_padding_ms"]
        self.answer()
        self.play_until = 0.0  # ms of the caller's clock
        self.marks: list[tuple[float, str]] = []
        self.read = len(self.log)
        self.serial = 0

    @property
    def ms(self):
        return (self.clock.time - 1000) * 1000

    def phone(self):
        """Take in what was sent: audio queues up, a clear empties the queue."""
        for entry in self.log[self.read :]:
            if entry[0] == "media":
                self.play_until = max(self.play_until, self.ms) + entry[1]
            elif entry[0] == "mark":
                self.marks.append((self.play_until, entry[1]))
            elif entry[0] == "clear":
                self.play_until, self.marks = self.ms, []
        self.read = len(self.log)

    def wait(self, ms):
        """Let time pass; marks come back when what is before them was played."""
        until = self.ms + ms
        while self.ms < until - 1:
            self.phone()
            self.listen_for(20)
            while self.marks and self.marks[0][0] <= self.ms:
                self.mark(self.marks.pop(0)[1])
                self.phone()

    def speak(self, ms=400):
        """The model answers by itself with so much audio; return the response."""
        self.serial += 1
        self.say(f"s{self.serial}", f"i{self.serial}", ms, self.requested())
        self.phone()
        return f"s{self.serial}"

    def requested(self):
        """Return the request that waits for its response, if there is one."""
        request = self.session.responses.requested
        return request.name if request else ""

    def use(self, name="write_a"):
        """The model calls a tool in a response of its own; return what the caller has said."""
        self.serial += 1
        response, call_id = f"t{self.serial}", f"c{self.serial}"
        self.model(ev.ResponseStarted(response, self.requested()), tool(call_id, name, response))
        self.model(ev.ResponseEnded(response, "completed"))
        started = [e[1] for e in self.of("tools.start") if e[1].call_id == call_id]
        self.last = call_id
        return started[0].said if started else None

    def ask(self, question=1, name="write_a", *, taken=True):
        """The model calls a tool, which asks; the model has taken that in."""
        assert self.use(name) == ()
        self.session.on_tool_question(self.last, question, '{"ask": true}')
        if taken:
            self.model(ev.AnswerTaken(self.last))

    def turn(self, ms=500):
        """The caller says something."""
        self.serial += 1
        item = f"u{self.serial}"
        heard_by_model = round(self.session.speech._appended_ms)
        start = max(heard_by_model - DETECTION["prefix_padding_ms"], 0)
        self.model(ev.SpeechStarted(item, start))
        self.phone()
        self.wait(ms)
        self.model(ev.SpeechStopped(item, start + ms))

    def press(self, keys):
        for key in keys:
            self.frame(frames.Dtmf(frames.DtmfBody(key)))
        self.wait(1_600)

    def done(self):
        """The tool that runs has ended."""
        self.session.on_tool_outcome(self.last, "{}")


def heard_question():
    call = Asked()
    call.wait(1_000)
    call.ask()
    call.speak(800)
    call.wait(1_200)
    return call


def test_a_turn_after_the_heard_question_is_witnessed():
    call = heard_question()
    call.turn()
    (said,) = call.use()
    assert said.question == 1 and said.heard_at < said.turn_at <= call.clock.time
    ((_, question, at),) = call.of("tools.heard")
    assert (question, at) == (1, said.heard_at)
    assert at == pytest.approx(1000 + 1.8, abs=0.1), "the end of 0.8 s of speech from 1.0 s on"


def test_the_question_is_the_answer_to_the_call():
    call = Asked()
    call.ask()
    assert call.of("model.answer_tool") == [("model.answer_tool", "c1", '{"ask": true}')]


@pytest.mark.parametrize("name", ["at once", "unheard", "interrupted", "silent", "no turn"])
def test_without_a_turn_after_it_was_heard_nothing_is_witnessed(name):
    call = Asked()
    call.wait(1_000)
    call.ask()
    if name == "unheard":
        call.speak(2_000)
        call.wait(500)
    elif name == "interrupted":
        call.speak(2_000)
        call.wait(1_500)
        call.turn()
    elif name == "silent":
        call.wait(1_000)
        call.turn()
    elif name == "no turn":
        call.speak(400)
        call.wait(5_000)
    assert call.use() == ()


def test_speech_from_before_the_model_knew_of_the_question_is_none():
    call = Asked()
    call.ask(taken=False)
    call.speak(400)
    call.wait(600)
    call.turn()
    assert call.use() == ()


def test_a_sentence_of_ours_is_no_question():
    call = Asked()
    call.ask()
    call.session.responses.ask("sentence", "Say exactly this")
    call.model(ev.ResponseStarted("silent", call.requested()))
    call.model(ev.ResponseEnded("silent", "completed"))
    assert call.of("model.create_response")[-1][2] == "Say exactly this"
    call.speak(400)
    call.wait(600)
    call.turn()
    assert call.use() == ()


def test_a_response_that_began_before_the_turn_has_not_understood_it():
    call = heard_question()
    call.model(ev.ResponseStarted("r"))
    call.session.plan.settings.turn_detection["interrupt_response"] = False
    call.turn()
    call.model(tool("early", "write_a", "r"), ev.ResponseEnded("r", "completed"))
    assert [e[1].said for e in call.of("tools.start") if e[1].call_id == "early"] == [()]


def test_what_the_caller_said_of_one_tool_is_nothing_for_another():
    call = heard_question()
    call.turn()
    assert call.use("write_b") == ()


def test_a_minute_after_it_was_heard_the_turn_is_too_late():
    call = Asked(silence_timeout_s=1000.0, max_duration_s=1000.0)
    call.ask()
    call.speak(400)
    call.wait(62_000)
    call.turn()
    assert call.use() == ()


@pytest.mark.parametrize(
    ("keys", "counts"), [("1", True), ("1#", True), ("2", False), ("12", False)]
)
def test_key_1_is_a_yes_and_no_other_key(keys, counts):
    call = heard_question()
    call.press(keys)
    assert bool(call.use()) is counts


def test_key_1_pressed_while_the_question_plays_is_none():
    call = Asked()
    call.ask()
    call.speak(1_000)
    call.wait(600)
    call.press("1")
    assert call.use() == ()


def test_while_staff_are_asked_the_caller_is_told_and_the_call_waits():
    call = Asked(silence_timeout_s=1000.0, max_duration_s=1000.0)
    call.use()
    call.session.on_tool_waiting(call.last, 120)
    (asked,) = call.of("model.create_response")
    assert "asking a colleague" in asked[2]
    call.say("h", "ih", 400, asked[1])
    call.phone()
    call.wait(100_000)
    assert call.of("model.answer_tool") == []
    call.wait(40_000)
    assert "did not answer in time" in call.of("model.answer_tool")[0][2]


STEPS = st.lists(
    st.sampled_from(["ask", "ask b", "speak", "wait", "wait long", "turn", "use", "use b", "key"]),
    max_size=25,
)


class Oracle:
    """What really happened, kept beside the session: times in ms of the caller's clock."""

    def __init__(self):
        self.open = {}  # question → [tool, heard at, turn at]
        self.speeches = []  # (questions known, end of its sound)

    def spoke(self, end):
        unheard = [key for key, (_, heard, _) in self.open.items() if heard is None]
        self.speeches.append((unheard, end))

    def cut(self, now):
        self.speeches = [(keys, end) for keys, end in self.speeches if end <= now]

    def turn(self, now):
        for keys, end in self.speeches:
            for key in keys:
                if end <= now and self.open[key][1] is None:
                    self.open[key][1] = end
        for question in self.open.values():
            if question[1] is not None and question[2] is None and question[1] < now:
                question[2] = now

    def said(self, name):
        return {key for key, (of, _, turn) in self.open.items() if of == name and turn is not None}


@given(STEPS)
def test_in_any_order_the_session_witnesses_what_really_happened(steps):
    call, truth = Asked(silence_timeout_s=1000.0, max_duration_s=1000.0), Oracle()
    for step in steps:
        name = "write_b" if step.endswith(" b") else "write_a"
        if step.startswith("ask"):
            said = call.use(name)
            assert {each.question for each in said} == truth.said(name)
            key = len(truth.open) + 1
            call.session.on_tool_question(call.last, key, "{}")
            call.model(ev.AnswerTaken(call.last))
            truth.open[key] = [name, None, None]
        elif step == "speak":
            call.speak(600)
            truth.spoke(call.play_until)
        elif step.startswith("wait"):
            call.wait(1_500 if step == "wait long" else 260)
        elif step == "turn":
            truth.turn(call.ms)
            truth.cut(call.ms)
            call.turn(240)
        elif step == "key":
            truth.turn(call.ms)
            call.press("1#")
            truth.cut(call.ms - 1_600)
        else:
            assert {each.question for each in call.use(name)} == truth.said(name)
            call.done()
        call.phone()
    for _, (_, heard, turn) in truth.open.items():
        assert turn is None or heard is not None
