"""A virtual world around one session: a phone line, a voice model, tools, and time.

Everything is driven by one seed on a virtual clock, so that thousands of calls with every kind of
race take seconds. The model keeps the real one's rules and notes each breach in `violations`.
"""

from __future__ import annotations

import base64
import heapq
import itertools
import json
import random
from dataclasses import dataclass, field

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.ports import CallPlan, ModelSettings, ToolTraits
from calls.bridge.session import Session

SENTENCES = {
    "still_there": "Still there?",
    "silence_goodbye": "Nobody there, goodbye.",
    "time_limit_goodbye": "Time is up, goodbye.",
    "model_failed": "Something failed.",
    "technical_goodbye": "Technical trouble.",
    "staff_goodbye": "We end here.",
    "farewell": "Goodbye.",
    "resumed": "Back again.",
}
TOOLS = {
    "read_a": ToolTraits("worker", "read", 0, 3.0),
    "read_b": ToolTraits("worker", "read", 0, 3.0),
    "write_a": ToolTraits("worker", "write", 2, 3.0),
    "write_b": ToolTraits("worker", "write", 1, 3.0),
    "endCall": ToolTraits("session", "irreversible", 10_000, 3.0),
}


def plan(**changes) -> CallPlan:
    """A plan with tools of every kind; `changes` override fields."""
    settings = ModelSettings(
        model="m",
        instructions="i",
        voice="v",
        language="en",
        transcription_model="t",
        turn_detection={"type": "server_vad", "interrupt_response": True, "create_response": True},
    )
    values = {
        "settings": settings,
        "sentences": SENTENCES,
        "first_message": "Hello.",
        "farewell": SENTENCES["farewell"],
        "silence_timeout_s": 6.0,
        "max_duration_s": 45.0,
        "tools": TOOLS,
    }
    return CallPlan(**(values | changes))


class Clock:
    """Virtual time: `ports.Timers`, and the queue of everything that will happen."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._queue: list = []
        self._order = itertools.count()

    def now(self) -> float:
        return self.time

    def later(self, seconds, callback):
        entry = [self.time + seconds, next(self._order), callback]
        heapq.heappush(self._queue, entry)

        def cancel() -> None:
            entry[2] = None

        return cancel

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            at, _, callback = heapq.heappop(self._queue)
            self.time = max(self.time, at)
            if callback is not None:
                callback()
        self.time = max(self.time, until)

    def idle(self) -> bool:
        return not any(entry[2] is not None for entry in self._queue)


class Channel:
    """A FIFO line with a changing delay."""

    def __init__(self, clock: Clock, rng: random.Random, most_s: float, deliver) -> None:
        self._clock, self._rng, self._most, self._deliver = clock, rng, most_s, deliver
        self._last = 0.0

    def put(self, *message) -> None:
        at = max(self._clock.time + self._rng.random() * self._most, self._last)
        self._last = at
        self._clock.later(at - self._clock.time, lambda: self._deliver(*message))


@dataclass
class Played:
    """A stretch of audio that the caller hears: seconds of the clock, and whose it is."""

    start: float
    end: float
    tag: int


class Line:
    """The phone: plays in real time, answers marks when played, flushes them on `clear`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.played: list[Played] = []
        self.until = 0.0
        self.marks: dict[str, object] = {}
        self.clears: list[float] = []
        self.endings: list = []
        self.sent_after_end = 0
        self.tags_after_clear: list[tuple[int, int]] = []
        self.to_phone = Channel(world.clock, world.rng, 0.008, self._receive)
        self.to_us = Channel(world.clock, world.rng, 0.008, world.deliver_frame)

    # ports.Phone
    def send(self, text: str) -> None:
        if self.endings:
            self.sent_after_end += 1
        message = json.loads(text)
        assert message.pop("streamSid") == "MZ1", text
        if message["event"] == "clear":
            self.clears.append(self.world.clock.time)
        elif message["event"] == "media":
            tag = int.from_bytes(base64.b64decode(message["media"]["payload"])[:4], "big")
            self.tags_after_clear.append((len(self.clears), tag))
        self.to_phone.put(message)

    def finish(self, ending) -> None:
        self.endings.append(ending)
        self.ended_at = self.world.clock.time
        self.unheard_s = max(self.until - self.ended_at, 0.0)

    def _receive(self, message) -> None:
        now, kind = self.world.clock.time, message["event"]
        if kind == "media":
            raw = base64.b64decode(message["media"]["payload"])
            start = max(now, self.until)
            self.until = start + len(raw) / 8000
            for offset in range(0, len(raw), 160):
                tag = int.from_bytes(raw[offset : offset + 4], "big")
                piece = start + offset / 8000
                self.played.append(Played(piece, piece + 0.02, tag))
        elif kind == "mark":
            if self.world.rng.random() < self.world.lost_marks:
                return
            name = message["mark"]["name"]
            self.marks[name] = self.world.clock.later(
                max(self.until - now, 0.0), lambda: self._echo(name)
            )
        else:
            assert kind == "clear" and message == {"event": "clear"}
            self.until = now
            self.played = [p for p in self.played if p.start < now]
            for p in self.played:
                p.end = min(p.end, now)
            for name, cancel in list(self.marks.items()):
                cancel()
                self._echo(name)

    def _echo(self, name) -> None:
        self.marks.pop(name, None)
        self.to_us.put(frames.Mark(frames.MarkBody(name)))

    def heard_ms(self, tag: int, now: float) -> float:
        return sum(max(min(p.end, now) - p.start, 0.0) for p in self.played if p.tag == tag) * 1000


@dataclass
class Item:
    """An item of the model's conversation."""

    item_id: str
    kind: str
    tag: int = 0
    generated_ms: float = 0.0
    truncated_at: float | None = None


@dataclass
class Running:
    """A response that is active at the model."""

    response_id: str
    steps: list = field(default_factory=list)
    items: list = field(default_factory=list)
    cancelled: bool = False


class FakeModel:
    """The voice model: `ports.Model`, with the real one's rules and races."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.to_model = Channel(world.clock, world.rng, 0.01, self._receive)
        self.to_us = Channel(world.clock, world.rng, 0.01, world.deliver_model)
        self.items: dict[str, Item] = {}
        self.active: Running | None = None
        self.listening = True
        self.speaking = False
        self.outputs: dict[str, int] = {}
        self.emitted_calls: set[str] = set()
        self.serial = itertools.count(1)
        self.known_active = ""  # what the session has been told
        self.appended = 0

    # ports.Model
    def configure(self, settings, *, listening):
        self.to_model.put("configure", listening)

    def listen(self, settings):
        self.to_model.put("listening", True)

    def deafen(self):
        self.to_model.put("listening", False)

    def append_audio(self, payload):
        self.appended += 1

    def create_response(self, request, instructions):
        if self.known_active:
            self.world.violation("response.create although one is known to be active")
        self.to_model.put("create", request, instructions)

    def cancel_response(self):
        self.to_model.put("cancel")

    def truncate(self, item_id, content_index, audio_end_ms):
        self.world.check_truncation(item_id, audio_end_ms)
        self.to_model.put("truncate", item_id, audio_end_ms)

    def delete_item(self, item_id):
        self.world.check_deletion(item_id)
        self.to_model.put("delete", item_id)

    def answer_tool(self, call_id, output):
        json.loads(output)
        self.outputs[call_id] = self.outputs.get(call_id, 0) + 1

    def add_message(self, role, text):
        assert role in {"user", "assistant", "system"}

    # the server
    def _receive(self, kind, *args) -> None:
        getattr(self, f"_on_{kind}")(*args)

    def _on_configure(self, listening):
        self.listening = listening
        self.to_us.put(ev.SessionReady())

    def _on_listening(self, listening):
        self.listening = listening
        if not listening:
            self.speaking = False
        self.to_us.put(ev.SessionReady())

    def _on_create(self, request, instructions):
        if self.active is not None:
            self.to_us.put(
                ev.Problem("conversation_already_has_active_response", "active", request)
            )
            return
        if self.world.rng.random() < 0.01:
            return  # lost
        self.begin(request, scripted=instructions is not None)

    def _on_cancel(self):
        if self.active is None:
            self.to_us.put(ev.Problem("response_cancel_not_active", "none"))
        else:
            self._cancel()

    def _on_truncate(self, item_id, ms):
        item = self.items.get(item_id)
        if item is None or item.kind != "message":
            self.world.violation(f"truncate of unknown {item_id}")
        elif ms < 1 or ms > item.generated_ms:
            self.world.violation(f"truncate at {ms} of {item.generated_ms}")
        else:
            item.truncated_at = ms

    def _on_delete(self, item_id):
        if self.items.pop(item_id, None) is None:
            self.world.violation(f"delete of unknown {item_id}")

    # the caller's turns
    def speech_started(self) -> None:
        if not self.listening:
            return
        self.speaking = True
        self.turn_item = f"user_{next(self.serial)}"
        self.to_us.put(ev.SpeechStarted(self.turn_item, self.appended * 20))
        if self.active is not None:
            self._cancel()

    def speech_stopped(self) -> None:
        if not self.listening or not self.speaking:
            return
        self.speaking = False
        item_id = self.turn_item
        self.items[item_id] = Item(item_id, "user")
        self.to_us.put(ev.SpeechStopped(item_id, self.appended * 20))
        self.to_us.put(ev.ItemPlaced(item_id, None, "user"))
        if self.world.rng.random() < 0.9:
            self.world.clock.later(
                self.world.rng.random() * 3,
                lambda: self.to_us.put(
                    ev.CallerSaid(item_id, "words", self.world.rng.random() < 0.9)
                ),
            )
        if self.active is None:
            self.begin("", scripted=False)

    # speaking
    def begin(self, request: str, *, scripted: bool) -> None:
        rng = self.world.rng
        running = Running(f"resp_{next(self.serial)}")
        self.active = running
        self.to_us.put(ev.ResponseStarted(running.response_id, request))
        if not scripted and rng.random() < 0.03:
            self._end("failed", rng.choice(["server_error", "rate_limit_exceeded"]))
            return
        kinds = (
            ["speech"]
            if scripted
            else rng.choice(
                [["speech"]] * 5
                + [["speech", "tools"], ["tools"]] * 3
                + [["speech", "end"], ["end"]]
            )
        )
        running.steps = kinds
        self.world.clock.later(0.02 + rng.random() * 0.3, lambda: self._step(running))

    def _step(self, running: Running) -> None:
        if running.cancelled or self.active is not running:
            return
        rng = self.world.rng
        if not running.steps:
            self._end("incomplete" if rng.random() < 0.03 else "completed")
            return
        kind = running.steps.pop(0)
        if kind == "speech":
            self._speak(running, rng.choice([0.02, 0.4, 1.5, 4.0]))
        elif kind == "end":
            self._call(running, ["endCall"])
        else:
            self._call(
                running,
                rng.sample([*TOOLS][:4], rng.randint(1, 3))
                + (["unknown_tool"] if rng.random() < 0.1 else []),
            )

    def _speak(self, running: Running, seconds: float) -> None:
        number = next(self.serial)
        item = Item(f"item_{number}", "message", number)
        self.items[item.item_id] = item
        running.items.append(item)
        self.to_us.put(ev.OutputStarted(running.response_id, item.item_id, "message"))
        self.to_us.put(ev.ItemPlaced(item.item_id, None, "assistant"))
        self.world.item_tags[item.item_id] = number
        self.world.response_of[number] = running.response_id
        self._chunk(running, item, round(seconds * 50))

    def _chunk(self, running: Running, item: Item, left: int) -> None:
        stale = running.cancelled and self.world.rng.random() < 0.5
        if running.cancelled and not stale:
            return
        count = min(left, self.world.rng.choice([1, 5, 10, 20]))
        raw = item.tag.to_bytes(4, "big") * 40 * count
        if self.world.rng.random() < 0.05 and count > 1:
            raw = raw[:-80]  # a ragged piece
        item.generated_ms += len(raw) / 8
        payload = base64.b64encode(raw).decode()
        self.to_us.put(ev.Words(item.item_id, "word ", running.response_id))
        self.to_us.put(ev.Audio(running.response_id, item.item_id, 0, payload))
        if running.cancelled:
            return
        if left > count:
            self.world.clock.later(
                count * 0.02 / 6, lambda: self._chunk(running, item, left - count)
            )
        else:
            self.to_us.put(ev.AudioDone(item.item_id, running.response_id))
            self.to_us.put(ev.WordsDone(item.item_id, "word"))
            self.world.clock.later(0.01, lambda: self._step(running))

    def _call(self, running: Running, names: list[str]) -> None:
        for name in names:
            number = next(self.serial)
            call = ev.ToolCalled(running.response_id, f"fc_{number}", f"call_{number}", name, "{}")
            self.emitted_calls.add(call.call_id)
            self.items[call.item_id] = Item(call.item_id, "function_call")
            self.to_us.put(ev.OutputStarted(running.response_id, call.item_id, "function_call"))
            for _ in range(self.world.rng.choice([1, 1, 2, 3])):
                self.to_us.put(call)
        self.world.clock.later(0.005, lambda: self._step(running))

    def _cancel(self) -> None:
        assert self.active is not None
        self.active.cancelled = True
        self._end("cancelled")

    def _end(self, status: str, code: str = "") -> None:
        running, self.active = self.active, None
        self.to_us.put(ev.ResponseEnded(running.response_id, status, "", code, ""))


class FakeTools:
    """Tools that succeed, fail, answer twice, late or never: `ports.Tools`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.started: dict[str, int] = {}
        self.recorded: list[tuple[str, str]] = []
        self.running_writes = 0
        self.abandoned = False

    def start(self, call) -> None:
        self.started[call.call_id] = self.started.get(call.call_id, 0) + 1
        rng, clock = self.world.rng, self.world.clock
        outcome = rng.choice(["ok", "ok", "ok", "error", "twice", "late", "lost"])
        delay = {"late": 8.0}.get(outcome, rng.random() * 2.5)
        text = json.dumps({"success": outcome != "error"})
        if outcome == "lost":
            return
        for _ in range(2 if outcome == "twice" else 1):
            clock.later(delay, lambda: self.world.session.on_tool_outcome(call.call_id, text))

    def perform_here(self, call, output) -> None:
        self.recorded.append((call.call_id, "performed"))

    def refuse(self, call, code, message) -> None:
        self.recorded.append((call.call_id, code))

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
        if tag is not None and self.line.heard_ms(tag, self.clock.time) > 60 + 20:
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
        lost = self.line.endings and self.line.endings[0].reason == "model_lost"
        if unanswered and not lost:
            wrong.append(f"never answered: {unanswered}")
        wrong += [
            f"{entry.call.call_id} waits for its tool forever"
            for entry in self.session.calls.pending.values()
            if entry.started and entry.deadline < self.line.ended_at - 0.3
        ]
        polite = {"assistant_ended", "silence", "time_limit"}
        caller_left = self.left_at <= self.line.ended_at
        polite -= {self.line.endings[0].reason} if caller_left else set()
        if self.line.endings[0].reason in polite and self.line.unheard_s > 0.02:
            wrong.append(f"hung up {self.line.unheard_s:.2f} s before the farewell was heard")
        if not self.tools.abandoned:
            wrong.append("tools were not told about the end")
        wrong += self._stale_audio()
        wrong += self._open_lines()
        return wrong

    def _stale_audio(self) -> list[str]:
        """Audio of a response must not be sent on both sides of a `clear`."""
        first: dict[str, int] = {}
        wrong = []
        for clears, tag in self.line.tags_after_clear:
            response = self.response_of[tag]
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
