"""Function calls of the model: each answered exactly once, none run twice; pure.

Reads start at once and run side by side. Whatever changes something waits until its response is
done (an interrupted response changes nothing) and runs one after the other, in the assistant's
`execution_order`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from calls.bridge.confirmations import Confirmations
from calls.bridge.messages import Messages, Run
from calls.bridge.model_events import ToolCalled
from calls.bridge.ports import Model, ToolCall, Tools, ToolTraits

GRACE_S = 1.0  # beyond the tool's own deadline, for the way there and back
SPEAK_OF_OUTCOMES = frozenset({"turn", "follow_up"})  # responses, by what they are for
UNKNOWN = ToolTraits(runs_at="worker", side_effect="read")

TIMED_OUT = (
    '{"success": false, "error_code": "timeout", "message": "The tool did not answer in time."}'
)
STOPPED = (
    '{"success": false, "error_code": "cancelled", "message": "Cancelled: the caller spoke while '
    'it ran. Call it again if it is still wanted."}'
)
STOPPED_BLINDLY = (
    '{"success": false, "error_code": "cancelled", "message": "Cancelled: the caller spoke while '
    'it ran. Nobody knows whether it took effect."}'
)
INTERRUPTED = (
    '{"success": false, "error_code": "cancelled", "message": "Not run: the caller interrupted '
    'first. Call it again if it is still wanted."}'
)


@dataclass(slots=True)
class Pending:
    """One call id on its way to its answer."""

    call: ToolCall
    traits: ToolTraits
    response_id: str
    arrived: int
    started: bool = False
    waits_for_staff: bool = False
    agreed: bool = False  # staff said yes while the call went on
    began: float = 0.0
    deadline: float = 0.0

    def run(self) -> Run:
        """Return it as the words around it need it."""
        name, phrases = self.call.name, self.traits.phrases
        # What its response said was long before the yes: it stands for no words at the start.
        response_id = "" if self.agreed else self.response_id
        return Run(self.call.call_id, name, response_id, self.began, phrases)

    def stops_when_the_caller_speaks(self) -> bool:
        """Whether the tool's policy, or `auto` for its side effect, ends the run then."""
        policy = self.traits.on_interrupt
        stops = policy == "cancel" or (policy == "auto" and self.traits.side_effect == "read")
        return self.started and not (self.waits_for_staff or self.agreed) and stops

    def performed_at_once(self) -> bool:
        """Whether the session does it as soon as the response is done, and asks nobody."""
        return self.traits.runs_at == "session" and not self.traits.asked

    def has_words(self) -> bool:
        """Whether words around its run may be said: it goes on, and nobody is being asked."""
        waits_for_yes = self.traits.asked and not self.call.said and not self.agreed
        return self.started and not self.waits_for_staff and not waits_for_yes


@dataclass(slots=True)
class ToolCalls:
    """All function calls of one model session."""

    model: Model
    tools: Tools
    traits: Mapping[str, ToolTraits]
    confirmations: Confirmations = field(default_factory=Confirmations)
    messages: Messages = field(default_factory=Messages)
    pending: dict[str, Pending] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    done_responses: set[str] = field(default_factory=set)
    working_responses: set[str] = field(default_factory=set)  # they called others than the session
    # Answers that no response has seen yet: call id → whether the model has taken it in.
    unseen: dict[str, bool] = field(default_factory=dict)

    def called(self, event: ToolCalled, now: float, *, interrupted: bool) -> None:
        """A complete call arrived; duplicates of a call id are dropped."""
        if event.call_id in self.seen:
            return
        self.seen.add(event.call_id)
        said = self.confirmations.said(event.response_id, event.name)
        call = ToolCall(event.call_id, event.name, event.arguments, said)
        traits = self.traits.get(event.name, UNKNOWN)
        entry = Pending(call, traits, event.response_id, len(self.seen))
        self.pending[event.call_id] = entry
        if traits.runs_at != "session":
            self.working_responses.add(event.response_id)
        if interrupted:
            self._refuse(entry)
        elif traits.side_effect == "read" and traits.runs_at != "session":
            self._start(entry, now)

    def of(self, response_id: str) -> list[Pending]:
        """Return the calls of a response that are not answered yet."""
        return [entry for entry in self.pending.values() if entry.response_id == response_id]

    def under_way(self) -> bool:
        """Whether calls have no answer yet that will come soon: staff may take minutes."""
        return any(not entry.waits_for_staff for entry in self.pending.values())

    def more_was_done_with(self, call_id: str) -> bool:
        """Whether a call's response has called tools too, of whose outcomes nobody spoke yet.

        What waited for somebody's yes has left time for that.
        """
        entry = self.pending.get(call_id)
        if entry is None or entry.started:
            return False
        return entry.response_id in self.working_responses

    def for_session(self, response_id: str) -> list[Pending]:
        """Return the calls of a finished response that the session itself must perform."""
        return [e for e in self.of(response_id) if e.traits.runs_at == "session"]

    def response_done(self, response_id: str, *, interrupted: bool, now: float) -> None:
        """The response is over: start what waited for that, or refuse it where interrupted."""
        self.done_responses.add(response_id)
        for entry in self.of(response_id):
            if interrupted and not entry.started:
                self._refuse(entry)
        self.start_waiting(now)

    def start_waiting(self, now: float) -> None:
        """Start the next call that changes something, unless one of them is running.

        One that waits for staff holds up only the calls of its own response.
        """
        changing = [e for e in self.pending.values() if e.traits.side_effect != "read"]
        started = [entry for entry in changing if entry.started]
        if not all(entry.waits_for_staff for entry in started):
            return
        possible = self.done_responses - {entry.response_id for entry in started}
        ready = [e for e in changing if e.response_id in possible and not e.performed_at_once()]
        if ready:
            self._start(min(ready, key=lambda e: (e.traits.execution_order, e.arrived)), now)

    def turn_down(self, call: ToolCall, code: str, message: str) -> None:
        """Answer a call that does not run with the reason why."""
        self.tools.refuse(call, code, message)
        output = {"success": False, "error_code": code, "message": message}
        self.answer(call.call_id, json.dumps(output))

    def _refuse(self, entry: Pending) -> None:
        self.tools.refuse(entry.call, "cancelled", "The caller interrupted before it ran.")
        self.answer(entry.call.call_id, INTERRUPTED)

    def _start(self, entry: Pending, now: float) -> None:
        entry.started, entry.began = True, now
        entry.deadline = now + entry.traits.timeout_s + GRACE_S
        self.tools.start(entry.call)

    def ask_caller(self, call_id: str, question: int, output: str) -> bool:
        """Answer a call with a question to the caller; False where it has been answered."""
        entry = self.pending.get(call_id)
        if entry is None:
            return False
        self.confirmations.asked(question, entry.call.name, call_id)
        return self.answer(call_id, output, ended=False)

    def caller_spoke(self, now: float) -> None:
        """End the runs that nobody wants any more once the caller speaks."""
        for entry in list(self.pending.values()):
            if entry.stops_when_the_caller_speaks():
                self.tools.cancel(entry.call.call_id)
                told = STOPPED if entry.traits.side_effect == "read" else STOPPED_BLINDLY
                self.answer(entry.call.call_id, told)
        self.start_waiting(now)

    def to_say(self, now: float) -> str:
        """Return what is to be said about the runs that go on; empty for nothing."""
        running = [entry.run() for entry in self.pending.values() if entry.has_words()]
        return self.messages.due(running, now)

    def more_time(self, call_id: str, until: float) -> bool:
        """Let a call that waits for staff take longer; False where it has been answered."""
        entry = self.pending.get(call_id)
        if entry is None:
            return False
        entry.waits_for_staff = True
        entry.deadline = until + entry.traits.timeout_s + GRACE_S
        return True

    def begin(self, call_id: str, now: float) -> None:
        """Staff said yes to a worker's run: it has begun, and has its whole time from now."""
        entry = self.pending.get(call_id)
        if entry is not None:
            entry.waits_for_staff, entry.agreed, entry.began = False, True, now
            entry.deadline = now + entry.traits.timeout_s + GRACE_S

    def allow(self, call_id: str) -> Pending | None:
        """Somebody said yes to what the session performs; None where it has been answered.

        From now on the session ends it, however long that takes.
        """
        entry = self.pending.get(call_id)
        if entry is not None:
            entry.waits_for_staff, entry.deadline = False, math.inf
        return entry

    def answer(self, call_id: str, output: str, *, ended: bool = True) -> bool:
        """Give a call its one answer; False where it has been answered or is unknown.

        Args:
            ended: this is the outcome of its run, if it was started.
        """
        entry = self.pending.pop(call_id, None)
        if entry is None:
            return False
        if entry.started and ended:
            self.messages.ended(entry.run(), output)
        self.model.answer_tool(call_id, output)
        self.unseen[call_id] = False
        return True

    def taken_in(self, call_id: str) -> None:
        """The model has an answer: responses that begin from now on see it."""
        if call_id in self.unseen:
            self.unseen[call_id] = True
        self.confirmations.taken_in(call_id)

    def overdue(self, now: float) -> None:
        """Answer the calls whose tools gave nothing by their deadline."""
        for entry in list(self.pending.values()):
            if entry.started and now >= entry.deadline:
                self.answer(entry.call.call_id, TIMED_OUT)
        self.start_waiting(now)

    def response_started(self, response_id: str, now: float, purpose: str) -> None:
        """A response begins; one that speaks of outcomes sees every answer taken in before."""
        self.confirmations.response_started(response_id, now, asks=purpose == "turn")
        if purpose not in SPEAK_OF_OUTCOMES:
            return
        self.unseen = {call_id: taken for call_id, taken in self.unseen.items() if not taken}

    def want_response(self) -> bool:
        """Whether answers wait to be spoken of, and no more of them will come soon."""
        return bool(self.unseen) and not self.under_way()
