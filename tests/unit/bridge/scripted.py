"""One session whose phone, model and time are moved by the test, step by step."""

import base64
import json

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.session import Session
from tests.unit.bridge.clock import Clock
from tests.unit.bridge.plans import plan
from tests.unit.bridge.world import FakeJournal


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


def tool(call_id, name, response="r1"):
    """A complete function call of the model."""
    return ev.ToolCalled(response, f"fc_{call_id}", call_id, name, "{}")
