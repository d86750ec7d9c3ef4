"""Whose turn it is to speak: never two responses at once; pure, imports only ports.

States: idle → requested (from the moment we send) → active(id) → idle. The model may begin a
response by itself at any time (turn detection), also while ours is requested; then ours is refused
and is asked for again when that one has ended.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from calls.bridge.ports import Model

ANSWER_TIMEOUT_S = 15.0  # a request neither begun nor refused by then is taken as lost
BLOCKED_S = 5.0  # an unknown response ends within this, or its end was missed
MAX_ATTEMPTS = 4


def exactly(text: str) -> str:
    """Return instructions that make the model say `text` word for word."""
    return f'Say exactly this and nothing more: "{text}"'


@dataclass(slots=True)
class Request:
    """A response we want. `instructions` None: an ordinary turn of the model."""

    name: str
    purpose: str  # greeting, sentence, message, farewell, follow_up, turn
    instructions: str | None = None
    attempts: int = 0


@dataclass(slots=True)
class Responses:
    """The response state of one model session."""

    model: Model
    active: str = ""
    requested: Request | None = None
    requested_at: float = 0.0
    queue: deque[Request] = field(default_factory=deque)
    requests: dict[str, Request] = field(default_factory=dict)  # response id → what asked for it
    blocked_until: float = 0.0  # another response is active that we have not heard of
    _serial: int = 0

    def ask(self, purpose: str, instructions: str | None = None) -> Request:
        """Queue a response; ordinary turns that still wait are one and the same."""
        if instructions is None:
            for waiting in self.queue:
                if waiting.instructions is None:
                    return waiting
        self._serial += 1
        request = Request(f"req_{self._serial}", purpose, instructions)
        self.queue.append(request)
        return request

    def at_once(self, now: float) -> bool:
        """Whether what is asked for now would be sent now."""
        return self.quiet() and now >= self.blocked_until

    def idle(self) -> bool:
        """Whether nothing is active or requested."""
        return not self.active and self.requested is None

    def quiet(self) -> bool:
        """Whether nothing is active, requested or waiting."""
        return self.idle() and not self.queue

    def next(self, now: float) -> bool:
        """Send the next request if nothing is under way; return whether one was sent."""
        if not self.idle() or not self.queue or now < self.blocked_until:
            return False
        self.requested = self.queue.popleft()
        self.requested.attempts += 1
        self.requested_at = now
        self.model.create_response(self.requested.name, self.requested.instructions)
        return True

    def started(self, response_id: str, request: str) -> Request | None:
        """A response is active; return our request, or None where the model began by itself."""
        self.active = response_id
        ours = self.requested
        if ours is None or request != ours.name:
            return None
        self.requested = None
        self.requests[response_id] = ours
        return ours

    def ended(self, response_id: str) -> Request | None:
        """A response is over; return our request, or None where the model had begun it."""
        self.blocked_until = 0.0
        if self.active == response_id:
            self.active = ""
        return self.requests.pop(response_id, None)

    def again(self, request: Request | None) -> None:
        """Ask once more for what failed, before everything else that waits.

        Words around a run are of the moment: they are not said later.
        """
        if request is not None and request.purpose == "message":
            return
        self._serial += 1
        name = f"req_{self._serial}"
        if request is None:
            self.queue.appendleft(Request(name, "turn"))
        else:
            self.queue.appendleft(
                Request(name, request.purpose, request.instructions, request.attempts)
            )

    def refused(self, request: str, now: float) -> bool:
        """Ours was refused since another is active: ask again when that has ended.

        Return False where the refusal is not about ours.
        """
        ours = self.requested
        if ours is None or ours.name != request:
            return False
        self.requested = None
        if ours.attempts < MAX_ATTEMPTS:
            if ours.purpose != "message":
                self.queue.appendleft(ours)
            self.blocked_until = now + BLOCKED_S
        return True

    def dropped(self, request: str) -> Request | None:
        """Ours failed for another reason; forget and return it."""
        ours = self.requested
        if ours is None or ours.name != request:
            return None
        self.requested = None
        return ours

    def lost(self, now: float) -> Request | None:
        """Return a request that got no answer at all, after forgetting it."""
        ours = self.requested
        if ours is None or now - self.requested_at < ANSWER_TIMEOUT_S:
            return None
        self.requested = None
        return ours

    def withdraw(self, purpose: str) -> None:
        """Drop what waits for this purpose: it has become pointless."""
        self.queue = deque(each for each in self.queue if each.purpose != purpose)

    def forget_waiting(self) -> None:
        """Drop what waits: the caller took the turn, or the call ends."""
        self.queue.clear()
