"""A Realtime session of the stand-in without a socket, for tests of what it takes and refuses."""

import json

from voiceassist.demo import voice
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.realtime.session import RealtimeSession

PCMU = {"type": "audio/pcmu"}
SETUP = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "audio": {"input": {"format": PCMU}, "output": {"format": PCMU, "voice": "marin"}},
        "tools": [{"type": "function", "name": "lookup_order", "parameters": {"type": "object"}}],
    },
}
EXACT = 'Say exactly this and nothing more: "One two three."'


class Tones:
    """A voice that takes no time."""

    async def say(self, text, language="en", role="assistant"):
        return voice.tones(text)


class Wire:
    """A session without a socket; `errors()` are the refusals so far."""

    def __init__(self, **behaviour):
        self.sent = []
        self.closed = []
        settings = Behaviour(unknown_event_every=0, audio_rate=1000.0).changed(behaviour)
        self.session = RealtimeSession(
            "gpt-realtime-2.1",
            settings,
            Tones(),
            self.sent.append,
            lambda *why: self.closed.append(why),
        )
        self.session.begin()

    def send(self, event):
        self.session.handle(event if isinstance(event, str) else json.dumps(event))

    def errors(self):
        return [event["error"] for event in self.sent if event["type"] == "error"]

    def of(self, kind):
        return [event for event in self.sent if event["type"] == kind]

    async def speak(self, **more):
        """Let it say a sentence to the end; return the item's id."""
        self.send({"type": "response.create", "response": {"instructions": EXACT, **more}})
        response = self.session._listening.responses
        await response._task
        return self.of("response.output_item.done")[-1]["item"]["id"]


def update(**session):
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def audio_in(**more):
    return update(audio={"input": more})
