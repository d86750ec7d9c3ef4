"""The voice model of a virtual call, with the real one's rules; breaches are `violation`s."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calls.bridge import model_events as ev
from calls.bridge.responses import exactly
from tests.unit.bridge.clock import Channel
from tests.unit.bridge.plans import TOOLS, WORDS

if TYPE_CHECKING:
    from tests.unit.bridge.world import World


AROUND_RUNS = {exactly(words) for words in (*WORDS.start, *WORDS.delayed)}


@dataclass
class Item:
    """An item of the model's conversation."""

    item_id: str
    kind: str
    tag: int = 0
    generated_ms: float = 0.0
    truncated_at: float | None = None
    spoke_at: float = 0.0  # when the last piece of its audio was sent

    def believed_ms(self) -> float:
        """Return how much of it the model takes as heard."""
        return self.generated_ms if self.truncated_at is None else self.truncated_at


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
        session = self.world.session
        if instructions in AROUND_RUNS:
            self.world.messages += 1
            if session.turns.caller_speaking or session.playback.busy():
                self.world.violation(f"{instructions} although somebody speaks")
            if not session.calls.pending:
                self.world.violation(f"{instructions} although nothing runs any more")
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
        self.to_model.put("output", call_id)

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

    def _on_output(self, call_id):
        self.to_us.put(ev.AnswerTaken(call_id))

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
                + [["speech", "transfer"], ["transfer"], ["keys"], ["speech", "keys", "tools"]]
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
        elif kind == "transfer":
            to = rng.choice(["Sales", "sales ", "+1 202 555 0143", "+12025550199", ""])
            self._call(running, ["transferCall"], json.dumps({"to": to, "reason": "asked"}))
        elif kind == "keys":
            keys = rng.choice(["1", "12w3#", "x", "", "0" * 40])
            self._call(running, ["press_keys"], json.dumps({"digits": keys}))
        else:
            self._call(
                running,
                rng.sample([*TOOLS][:8], rng.randint(1, 3))
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
        item.spoke_at = self.world.clock.time
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

    def _call(self, running: Running, names: list[str], arguments: str = "{}") -> None:
        for name in names:
            number = next(self.serial)
            call_id = f"call_{number}"
            call = ev.ToolCalled(running.response_id, f"fc_{number}", call_id, name, arguments)
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
