"""A virtual world around one session: a phone line, a voice model, tools, and time.

Everything is driven by one seed on a virtual clock, so that thousands of calls with every kind of
race take seconds. The model keeps the real one's rules and notes each breach in `violations`.
"""

from __future__ import annotations

import base64
import json
import random

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.ports import CallPlan
from calls.bridge.session import Session
from tests.unit.bridge.clock import Clock
from tests.unit.bridge.fake_model import FakeModel
from tests.unit.bridge.phone_line import Line
from tests.unit.bridge.plans import plan


class FakeTools:
    """Tools that succeed, fail, answer twice, late or never: `ports.Tools`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.started: dict[str, int] = {}
        self.recorded: list[tuple[str, str]] = []
        self.running_writes = 0
        self.abandoned = False
        self.begun: list[str] = []
        self.finished: list[str] = []
        self.cancelled: list[str] = []

    def start(self, call) -> None:
        self.started[call.call_id] = self.started.get(call.call_id, 0) + 1
        rng, clock, session = self.world.rng, self.world.clock, self.world.session
        if call.name in {"endCall", "transferCall", "press_keys"}:
            self._ask(call)
            return
        outcome = rng.choice(["ok", "ok", "ok", "error", "twice", "late", "lost"])
        delay = {"late": 8.0}.get(outcome, rng.random() * 2.5)
        text = json.dumps({"success": outcome != "error"})
        if session.plan.tools["endCall"].asked and rng.random() < 0.2:
            clock.later(0.02, lambda: session.on_tool_waiting(call.call_id, 12.0))
            clock.later(delay * 2, lambda: session.on_tool_began(call.call_id))
            delay *= 4
        if outcome == "lost":
            return
        if rng.random() < 0.05:  # accepted at once, and told of later
            text = json.dumps({"success": True, "message": "accepted"})
            clock.later(delay + 3.0, lambda: self.world.session.on_late_result("Done."))
        for _ in range(2 if outcome == "twice" else 1):
            clock.later(delay, lambda: self.world.session.on_tool_outcome(call.call_id, text))

    def _ask(self, call) -> None:
        """Somebody must say yes: the caller is asked, or staff answer some time, or never."""
        rng, clock, session = self.world.rng, self.world.clock, self.world.session
        way = rng.choice(["asked", "allowed", "allowed", "staff yes", "staff no", "silence"])
        if way == "asked":
            question = len(self.started)
            clock.later(0.02, lambda: session.on_tool_question(call.call_id, question, "{}"))
            return
        if way != "allowed":
            clock.later(0.02, lambda: session.on_tool_waiting(call.call_id, 12.0))
        delay = 0.03 if way == "allowed" else 0.1 + rng.random() * 8
        no = json.dumps({"success": False, "error_code": "denied", "message": "No."})
        if way == "staff no":
            clock.later(delay, lambda: session.on_tool_outcome(call.call_id, no))
        elif way != "silence":
            clock.later(delay, lambda: self._allow(call))

    def _allow(self, call) -> None:
        if not self.abandoned:  # else the run was over with the call
            self.begun.append(call.call_id)
            self.world.session.on_tool_allowed(call.call_id, json.loads(call.arguments))

    def begin_here(self, call) -> None:
        if call.call_id not in self.begun:
            self.begun.append(call.call_id)

    def finish_here(self, call_id, code, message) -> None:
        self.finished.append(call_id)

    def cancel(self, call_id) -> None:
        self.cancelled.append(call_id)

    def refuse(self, call, code, message) -> None:
        if call.call_id in self.begun:
            self.finished.append(call.call_id)
        self.recorded.append((call.call_id, code))

    def heard(self, question, at) -> None:
        self.recorded.append((question, "heard"))

    def abandon(self) -> None:
        self.abandoned = True


class FakeJournal:
    """Keeps what the session reports: `ports.Journal`."""

    def __init__(self) -> None:
        self.lines: dict[str, object] = {}
        self.order: list = []

    def answered(self, stream_sid):
        pass

    def words(self, utterance, delta):
        pass

    def said(self, utterance):
        self.lines[utterance.item_id] = utterance
        self.order.append(utterance)

    def watched(self):
        return True

    def problem(self, code, message):
        pass

    def level(self, caller_db, assistant_db, speaking):
        assert -60 <= caller_db <= 0 and -60 <= assistant_db <= 0

    def interrupted(self, count):
        pass

    def used(self, response):
        pass


SILENCE = base64.b64encode(b"\xff" * 160).decode()


class World:
    """One call from one seed."""

    def __init__(self, seed: int, call_plan: CallPlan | None = None):
        self.rng = random.Random(seed)
        self.clock = Clock()
        self.violations: list[str] = []
        self.item_tags: dict[str, int] = {}
        self.response_of: dict[int, str] = {}
        self.errors_ms: list[float] = []
        self.left_at = float("inf")
        self.model_is_gone = False
        self.messages = 0  # words around runs that were asked for
        self.lost_marks = self.rng.choice([0.0, 0.0, 0.02])
        self.line = Line(self)
        self.model = FakeModel(self)
        self.tools = FakeTools(self)
        self.journal = FakeJournal()
        self.session = Session(
            call_plan or plan(), self.line, self.model, self.tools, self.journal, self.clock
        )
        self.talks_until = 1000.0 + self.rng.choice([0.0, 12.0, 1000.0, 1000.0])

    def violation(self, text: str) -> None:
        self.violations.append(f"{self.clock.time - 1000:.3f} {text}")

    def deliver_frame(self, frame) -> None:
        if not self.session.ended:
            self.session.on_frame(frame)

    def deliver_model(self, event) -> None:
        if isinstance(event, ev.ResponseStarted):
            self.model.known_active = event.response_id
        if isinstance(event, ev.ResponseEnded):
            self.model.known_active = ""
        self.model_is_gone |= isinstance(event, ev.SessionLost)
        self.session.on_model(event)

    def check_truncation(self, item_id: str, ms: int) -> None:
        played = self.line.heard_ms(self.item_tags[item_id], self.clock.time)
        self.errors_ms.append(ms - played)
        sent = self.session.playback.items[item_id].sent_ms
        if ms > sent:
            self.violation(f"{item_id}: heard {ms} of {sent} sent")
        if abs(ms - played) > 60 and not self.lost_marks:
            self.violation(f"{item_id}: heard {ms}, really {played:.0f}")

    def check_deletion(self, item_id: str) -> None:
        tag = self.item_tags.get(item_id)
        heard = 0.0 if tag is None else self.line.heard_ms(tag, self.clock.time)
        if heard > 60 + 20 and not self.lost_marks:
            self.violation(f"{item_id}: deleted although it was heard")

    def run(self, seconds: float = 120.0) -> None:
        """Ring, talk at random, and go on until everything has happened."""
        start = frames.Start(
            frames.StartBody(accountSid="AC1", streamSid="MZ1", callSid="CA1"), "MZ1"
        )
        self.line.to_us.put(start)
        self._frame(0)
        self._talk()
        if self.rng.random() < 0.3:
            self.clock.later(self.rng.random() * 40, self._hang_up)
        if self.rng.random() < 0.05:
            self.clock.later(
                self.rng.random() * 30, lambda: self.deliver_model(ev.SessionLost("gone"))
            )
        self.clock.run(1000.0 + seconds)

    def _hang_up(self) -> None:
        self.left_at = self.clock.time
        self.line.to_us.put(frames.Stop())

    def _frame(self, number: int) -> None:
        if self.session.ended:
            return
        body = frames.MediaBody(payload=SILENCE, timestamp=str(number * 20))
        self.line.to_us.put(frames.Media(body))
        self.clock.later(0.02, lambda: self._frame(number + 1))

    def _talk(self) -> None:
        pause = self.rng.choice([0.3, 1.0, 3.0, 5.0]) * self.rng.random() + 0.1
        self.clock.later(pause, self._speak)

    def _speak(self) -> None:
        if self.session.ended or self.clock.time >= self.talks_until:
            return
        if self.rng.random() < 0.05:
            self.line.to_us.put(frames.Dtmf(frames.DtmfBody(self.rng.choice("0123456789*#"))))
        self.model.speech_started()
        self.clock.later(self.rng.choice([0.3, 1.0, 2.5]), self._stop_speaking)

    def _stop_speaking(self) -> None:
        self.model.speech_stopped()
        self._talk()

    def verdict(self) -> list[str]:
        """Return what went wrong, empty where nothing did."""
        wrong = list(self.violations)
        if len(self.line.endings) != 1:
            wrong.append(f"{len(self.line.endings)} endings")
        if not self.clock.idle():
            wrong.append("something is left running")
        if self.line.sent_after_end:
            wrong.append("the phone was sent something after the end")
        wrong += [f"{c} started {n} times" for c, n in self.tools.started.items() if n != 1]
        wrong += [f"{c} answered {n} times" for c, n in self.model.outputs.items() if n != 1]
        known = self.session.calls.seen
        unanswered = known - set(self.model.outputs) - set(self.session.calls.pending)
        if unanswered and not self.model_is_gone:
            wrong.append(f"never answered: {unanswered}")
        wrong += [
            f"{entry.call.call_id} waits for its tool forever"
            for entry in self.session.calls.pending.values()
            if entry.started and entry.deadline < self.line.ended_at - 0.3
        ]
        wrong += self._open_runs()
        polite = {"assistant_ended", "silence", "time_limit", "transferred"}
        caller_left = self.left_at <= self.line.ended_at
        polite -= {self.line.endings[0].reason} if caller_left else set()
        if self.line.endings[0].reason in polite and self.line.unheard_s > 0.02:
            wrong.append(f"hung up {self.line.unheard_s:.2f} s before the farewell was heard")
        if not self.tools.abandoned:
            wrong.append("tools were not told about the end")
        wrong += self._stale_audio()
        wrong += self._open_lines()
        wrong += self._false_beliefs()
        return wrong

    def _open_runs(self) -> list[str]:
        """What the session begins it ends once, but for the transfer that it hands over."""
        ending = self.line.endings[0]
        handed_over = {ending.transfer.tool_call_id} if ending.transfer else set()
        ended = [*self.tools.finished, *handed_over]
        wrong = [
            f"{c} ended {ended.count(c)} times" for c in self.tools.begun if ended.count(c) != 1
        ]
        if ending.transfer and ending.transfer.number != "+12025550143":
            wrong.append(f"put through to {ending.transfer.number}")
        if (ending.reason == "transferred") != (ending.transfer is not None):
            wrong.append(f"ended as {ending.reason} with {ending.transfer}")
        kept = [c for c in self.tools.cancelled if self.tools.started.get(c) != 1]
        return wrong + [f"{c} cancelled although it never ran" for c in kept]

    def _stale_audio(self) -> list[str]:
        """Audio of a response must not be sent on both sides of a `clear`."""
        first: dict[str, int] = {}
        wrong = []
        for clears, tag in self.line.tags_after_clear:
            response = self.response_of.get(tag)
            if response is None:
                continue  # the tones of keys
            if first.setdefault(response, clears) != clears:
                wrong.append(f"stale audio of {response} after a clear")
        return wrong

    def _open_lines(self) -> list[str]:
        return [
            f"{line.item_id} heard {line.heard_ms} of {line.generated_ms}"
            for line in self.journal.lines.values()
            if line.heard_ms > line.generated_ms
            or (line.role == "assistant" and line.status == "in_progress")
        ]

    def _false_beliefs(self) -> list[str]:
        """The model must not take as heard what the caller never heard."""
        if self.lost_marks or self.model_is_gone:
            return []  # a lost session takes nothing as heard: the next one gets the transcript
        wrong = []
        for item in self.model.items.values():
            until = max((p.end for p in self.line.played if p.tag == item.tag), default=0.0)
            if max(until, item.spoke_at + 0.05) > self.line.ended_at:
                continue  # the end came before anybody could tell
            heard = self.line.heard_ms(item.tag, self.clock.time)
            if item.kind == "message" and item.believed_ms() - heard > 80:
                wrong.append(f"{item.item_id}: {item.believed_ms():.0f} ms taken as heard")
        return wrong
